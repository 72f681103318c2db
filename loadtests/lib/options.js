// What all workloads have in common.

import { toEditors, toReaders } from "./promises.js";
import { settings } from "./settings.js";

/** @typedef {import("k6/options").Options} Options */
/** @typedef {{ [name: string]: import("k6/options").Scenario }} Scenarios */

/** @type {Options} */
const COMMON = {
  discardResponseBodies: true,
  // On a WAN the edges' certificates vouch for themselves.
  insecureSkipTLSVerify: true,
  // The CSV has a row for each sample: with addresses in it, it would be ten times as large.
  systemTags: ["scenario", "status", "error_code"],
  summaryTrendStats: ["count", "min", "med", "p(95)", "p(99)", "max"],
};

/** The options of this process. @param {{ readers: () => Options, editors?: () => Options }} roles @returns {Options} */
export function byRole({ readers, editors }) {
  if (settings.role === "readers") return readers();
  if (editors === undefined) throw new Error("ROLE: this workload has no editors");
  return editors();
}

/** @param {Scenarios} scenarios @param {Parameters<typeof toReaders>[0]} [how] @returns {Options} */
export function reading(scenarios, how) {
  return { ...COMMON, scenarios, thresholds: toReaders(how) };
}

/** @param {Scenarios} scenarios @param {Parameters<typeof toEditors>[0]} [how] @returns {Options} */
export function writing(scenarios, how) {
  return { ...COMMON, scenarios, thresholds: toEditors(how) };
}

/** What a workload cannot do without. @returns {import("./settings.js").Loss} */
export function requiredLoss() {
  if (settings.loss === null) throw new Error("CUT_AT_S: is required by this workload");
  if (settings.loss.cutAtS >= settings.seconds) throw new Error(`CUT_AT_S: is not before the end, at ${settings.seconds} s`);
  return settings.loss;
}
