// The promises as thresholds. k6 passes a threshold on a sub-metric without samples: whoever reads the outcome must
// look at the counts beside it.

import { REGIONS, settings } from "./settings.js";

/** @typedef {import("k6/options").Threshold} Threshold */
/** @typedef {{ [metric: string]: Threshold[] }} Thresholds */

/** South America is where the origin is. */
const COLD_MS = settings.region === "sa" ? 500 : 600;
/** Of near readers more is promised than of others. */
const WARM_MS = settings.wan === "near" || settings.wan === "loopback" ? { warm_kept: 100, warm_new: 200 } : { warm_kept: COLD_MS, warm_new: COLD_MS };
const WAITS_MS = { ...WARM_MS, cold_kept: COLD_MS, cold_new: COLD_MS };
const NONE = "count==0";

/** What the figures are promised for; on a bad day the 99th percentile is reported only. */
const PERCENTILE = settings.wan === "bad-day" ? 95 : 99;

/**
 * @param {{ percentile?: number, abort?: boolean }} [how] `abort`: the test ends with the first broken promise.
 * @returns {Thresholds}
 */
export function toReaders({ percentile = PERCENTILE, abort = false } = {}) {
  /** @type {Record<string, string>} */
  const promises = { "reader_errors{window:out}": NONE };
  // The readers of a lost region end at an edge that is not near.
  if (!settings.loss?.lost) {
    for (const [kind, ms] of Object.entries(WAITS_MS)) {
      promises[`reader_wait_ms{kind:${kind}}`] = `p(${percentile})<${ms}`;
    }
    if (settings.visibleLimitMs > 0) promises.visible_ms = `p(${percentile})<${settings.visibleLimitMs}`;
  }
  const judged = abort ? aborting : (/** @type {string} */ threshold) => threshold;
  return Object.fromEntries(Object.entries(promises).map(([metric, threshold]) => [metric, [judged(threshold)]]));
}

/** @param {{ percentile?: number }} [how] @returns {Thresholds} */
export function toEditors({ percentile = PERCENTILE } = {}) {
  const limited = REGIONS.filter((region) => settings.appliedLimitsMs[region] !== undefined);
  const applied = limited.map((region) => [`applied_ms{of:${region}}`, [`p(${percentile})<${settings.appliedLimitsMs[region]}`]]);
  return { ...Object.fromEntries(applied), editor_errors: [NONE] };
}

/** A percentile of the first moments means nothing. @param {string} threshold @returns {Threshold} */
function aborting(threshold) {
  return { threshold, abortOnFail: true, delayAbortEval: "10s" };
}
