// The little of ComfyUI's frontend that the editor stands on, as types and as one way to get it.

/**
 * @typedef {{ name: string, value: any, callback?: (...args: any[]) => any, onRemove?: () => void,
 *   serializeValue?: () => unknown, tooltip?: string, options?: Record<string, unknown>, computedHeight?: number
 * }} Widget
 */
/** @typedef {{ name: string, link?: number | null }} Input */
/**
 * @typedef {{
 *   id: number | string, type: string, comfyClass?: string, size: ArrayLike<number>,
 *   setSize: (size: [number, number]) => void, graph?: Graph | null, widgets?: Widget[], inputs?: Input[],
 *   addDOMWidget: (name: string, type: string, element: HTMLElement, options: Record<string, unknown>) => Widget,
 *   getInputNode?: (slot: number) => Node | null, onConnectionsChange?: (...args: any[]) => any,
 *   onConfigure?: (...args: any[]) => any, onExecuted?: (output: any) => any, imgs?: HTMLImageElement[],
 * }} Node
 */
/** @typedef {{ id?: string, rootGraph?: { id?: string }, setDirtyCanvas?: (a: boolean, b?: boolean) => void }} Graph */

/**
 * @typedef {{
 *   canvas?: {
 *     ds: { scale: number }, processMouseWheel: (event: WheelEvent) => void,
 *     processMouseDown: (event: PointerEvent) => void, processMouseMove: (event: PointerEvent) => void,
 *     processMouseUp: (event: PointerEvent) => void,
 *   },
 *   extensionManager?: {
 *     workflow?: { activeWorkflow?: { path?: string, changeTracker?: { captureCanvasState?: () => void } } },
 *   },
 *   registerExtension: (extension: Record<string, unknown>) => void,
 * }} App
 */

/** @typedef {{ apiURL: (route: string) => string }} Api */

/** @returns {{ app: App, api: Api, LiteGraph: { vueNodesMode?: boolean } }} */
export function comfy() {
  const page = /** @type {any} */ (window)
  return { app: page.comfyAPI.app.app, api: page.comfyAPI.api.api, LiteGraph: page.LiteGraph }
}
