// The little of ComfyUI's frontend that the editor stands on, as types and as one way to get it.

/**
 * @typedef {{ name: string, value: any, callback?: (...args: any[]) => any, onRemove?: () => void,
 *   serializeValue?: () => unknown, tooltip?: string, options?: Record<string, unknown>, computedHeight?: number
 * }} Widget
 */
/** @typedef {{ name: string, link?: number | null }} Input */
/** @typedef {{ origin_id: number | string, origin_slot: number }} Link */
/**
 * @typedef {{
 *   id: number | string, type: string, comfyClass?: string, size: ArrayLike<number>,
 *   setSize: (size: [number, number]) => void, graph?: Graph | null, widgets?: Widget[], inputs?: Input[],
 *   addDOMWidget: (name: string, type: string, element: HTMLElement, options: Record<string, unknown>) => Widget,
 *   getInputNode?: (slot: number) => Node | null, getInputLink?: (slot: number) => Link | null,
 *   onConnectionsChange?: (...args: any[]) => any, onExecuted?: (output: any) => any,
 * }} Node
 */
/** @typedef {{ id?: string, rootGraph?: { id?: string }, setDirtyCanvas?: (a: boolean, b?: boolean) => void }} Graph */
/**
 * _restoringState: an undo or redo is under way.
 * @typedef {{ captureCanvasState?: () => void, _restoringState?: boolean }} ChangeTracker
 */
/** @typedef {Record<string, unknown>} Output what a run gave a node, as `onExecuted` gets it */

/**
 * nodeOutputs: of the workflow that is shown, by node id, in a subgraph by its id, a colon and the node's.
 * @typedef {{
 *   canvas?: {
 *     ds: { scale: number }, graph?: Graph | null, processMouseWheel: (event: WheelEvent) => void,
 *     processMouseDown: (event: PointerEvent) => void, processMouseMove: (event: PointerEvent) => void,
 *     processMouseUp: (event: PointerEvent) => void,
 *   },
 *   extensionManager?: {
 *     workflow?: { activeWorkflow?: { path?: string, changeTracker?: ChangeTracker } },
 *     setting?: { get?: (id: string) => unknown },
 *     command?: { execute?: (id: string) => Promise<unknown> },
 *   },
 *   ui?: { settings?: EventTarget },
 *   rootGraph?: Graph, nodeOutputs?: Record<string, Output>,
 *   registerExtension: (extension: Record<string, unknown>) => void,
 * }} App
 */

/**
 * @typedef {EventTarget & {
 *   apiURL: (route: string) => string, fetchApi: (route: string, options?: RequestInit) => Promise<Response>,
 * }} Api
 */

/** @returns {{ app: App, api: Api, LiteGraph: { vueNodesMode?: boolean } }} */
export function comfy() {
  const page = /** @type {any} */ (window)
  return { app: page.comfyAPI.app.app, api: page.comfyAPI.api.api, LiteGraph: page.LiteGraph }
}
