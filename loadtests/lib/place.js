// Where this region's readers are in a loss: which edge answers them now, and whether an error was to be expected.

import exec from "k6/execution";
import { settings } from "./settings.js";

/** Since the start of the test. */
export function elapsedS() {
  return exec.instance.currentTestRunDuration / 1000;
}

/** The edge that DNS names now. */
export function edge() {
  const { loss } = settings;
  return loss?.moveTo && elapsedS() >= loss.moveAtS ? loss.moveTo : settings.edge;
}

/**
 * `in` for a request any part of which lies between the loss of this region and its readers' move: it may have
 * begun before the cut, or still wait for the lost edge after the move.
 * @param {number} startedS @param {number} endedS
 * @returns {"in" | "out"}
 */
export function windowOf(startedS, endedS) {
  const { loss } = settings;
  return loss?.lost && startedS < loss.moveAtS && endedS >= loss.cutAtS ? "in" : "out";
}
