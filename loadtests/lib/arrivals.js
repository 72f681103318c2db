// When journeys begin: in an open model, at a rate, whatever becomes of those before. Who is slow makes no reader
// come later. (k6 says `dropped_iterations` if it has no VU left to begin one: then the model was not open.)

import { settings } from "./settings.js";

/** @typedef {import("k6/options").Scenario} Scenario */
/**
 * How a journey's readers arrive: `share` is its part of all; `phase`, from 0 to 1, how much of the time between two passes before
 * the first.
 * @typedef {(exec: string, share?: number, when?: { phase?: number }) => Scenario} Shape
 */

/** For how long a journey occupies its VU, mostly and at worst. */
const JOURNEY_S = 3;
const JOURNEY_S_MAX = 12;

/**
 * @param {string} exec @param {number} [share]
 * @param {{ fromS?: number, forS?: number, times?: number, phase?: number }} [when]
 * @returns {Scenario}
 */
export function steady(exec, share = 1, { fromS = 0, forS = settings.seconds, times = 1, phase = 0 } = {}) {
  const rate = settings.rate * share * times;
  const laterMs = Math.min(phase / rate, forS / 2) * 1000;
  const duration = `${Math.round(forS * 1000 - laterMs)}ms`;
  return { executor: "constant-arrival-rate", rate: perMinute(rate), duration, ...common(exec, rate, fromS * 1000 + laterMs) };
}

/**
 * From `startTimes` the rate through `stages`, each of which ends at so many times the rate.
 * @param {{ startTimes: number, stages: { part: number, times: number }[] }} course `part` is the stage's part of the whole time.
 * @returns {Shape}
 */
export function ramping({ startTimes, stages }) {
  return (exec, share = 1) => {
    const rate = settings.rate * share;
    const timesMax = Math.max(...stages.map(({ times }) => times));
    const duration = (/** @type {number} */ part) => `${Math.max(1, Math.round(settings.seconds * part))}s`;
    return {
      executor: "ramping-arrival-rate",
      startRate: perMinute(rate * startTimes),
      stages: stages.map(({ part, times }) => ({ target: perMinute(rate * times), duration: duration(part) })),
      ...common(exec, rate * timesMax, 0),
    };
  };
}

/** Rates are whole numbers; by the minute they are fine enough. @param {number} perSecond */
function perMinute(perSecond) {
  return Math.max(1, Math.round(perSecond * 60));
}

/** @param {string} exec @param {number} rateMax @param {number} fromMs */
function common(exec, rateMax, fromMs) {
  const mostly = Math.ceil(rateMax * JOURNEY_S) + 2;
  const atWorst = Math.ceil(rateMax * JOURNEY_S_MAX) + 2;
  return {
    exec,
    timeUnit: "1m",
    startTime: `${Math.round(fromMs)}ms`,
    // k6 drops a journey for each VU that it makes on the way. In a loss it is known beforehand that many will wait.
    preAllocatedVUs: settings.loss === null ? mostly : atWorst,
    maxVUs: atWorst,
    gracefulStop: `${JOURNEY_S_MAX}s`,
    tags: { region: settings.region },
  };
}
