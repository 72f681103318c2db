// Chance that a run can repeat: SEED, the region and the VU decide it.

import exec from "k6/execution";
import { REGIONS, settings } from "./settings.js";

/** @type {number | null} */
let state = null;

/** From 0 up to, and without, 1. This is mulberry32. */
export function random() {
  // Not when the module is loaded: a VU has no number yet.
  state ??= started();
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}

/** Far from each other: the factors are large and odd. */
function started() {
  const region = REGIONS.indexOf(settings.region);
  return Math.imul(settings.seed, 0x9e3779b1) + Math.imul(region, 0x85ebca6b) + Math.imul(exec.vu.idInTest, 0xc2b2ae35);
}

/** @param {number} probability */
export function chance(probability) {
  return random() < probability;
}

/** @template T @param {ArrayLike<T>} list @returns {T} */
export function anyOf(list) {
  return list[Math.floor(random() * list.length)];
}
