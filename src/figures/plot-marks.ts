// The part of Observable Plot that the figures use, so that a bundler leaves out the rest.
export { areaY, axisX, axisY, boxY, dot, gridX, gridY, lineY, link, plot, ruleX, ruleY, text, tickY } from '@observablehq/plot'
