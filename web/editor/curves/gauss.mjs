// Arc length of cubics by Gauss-Legendre quadrature of the speed.

const NODES = [
  0.019855071751231912, 0.10166676129318664, 0.2372337950418355, 0.4082826787521751, 0.5917173212478248,
  0.7627662049581645, 0.8983332387068134, 0.9801449282487681,
]
const WEIGHTS = [
  0.05061426814518853, 0.11119051722668721, 0.15685332293894344, 0.18134189168918083, 0.18134189168918083,
  0.15685332293894344, 0.11119051722668721, 0.05061426814518853,
]

/** Numbers of one cubic's derivative in a terms array: constant, linear and square, x and y each. */
export const TERMS = 6

/**
 * The derivative of each cubic as a polynomial, constant term first.
 * @param {Float64Array} cubics 8 numbers each: four points
 * @returns {Float64Array} 6 numbers each
 */
export function speedTerms(cubics) {
  const count = cubics.length / 8
  const terms = new Float64Array(count * TERMS)
  for (let i = 0; i < count; i++) {
    for (let axis = 0; axis < 2; axis++) {
      const at = 8 * i + axis
      const d0 = 3 * (cubics[at + 2] - cubics[at])
      const d1 = 3 * (cubics[at + 4] - cubics[at + 2])
      const d2 = 3 * (cubics[at + 6] - cubics[at + 4])
      terms[TERMS * i + axis] = d0
      terms[TERMS * i + 2 + axis] = 2 * (d1 - d0)
      terms[TERMS * i + 4 + axis] = d0 - 2 * d1 + d2
    }
  }
  return terms
}

/**
 * Pixels per unit of parameter.
 * @param {Float64Array} terms
 * @param {number} at where the cubic's six numbers begin
 * @param {number} u
 * @returns {number}
 */
export function speed(terms, at, u) {
  const x = terms[at] + u * (terms[at + 2] + u * terms[at + 4])
  const y = terms[at + 1] + u * (terms[at + 3] + u * terms[at + 5])
  return Math.sqrt(x * x + y * y)
}

/**
 * Arc length between two parameters by one quadrature: good on pieces that `path` has cut short enough.
 * @param {Float64Array} terms
 * @param {number} at
 * @param {number} start
 * @param {number} stop
 * @returns {number}
 */
export function arcLength(terms, at, start, stop) {
  const width = stop - start
  let sum = 0
  for (let i = 0; i < 8; i++) sum += WEIGHTS[i] * speed(terms, at, start + width * NODES[i])
  return width * sum
}
