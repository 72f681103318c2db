// What became of the test, for the runner: which thresholds failed, and over how many samples each was judged.

import { settings } from "./settings.js";

/** @typedef {{ type: string, values: Record<string, number>, thresholds?: Record<string, { ok: boolean }> }} Metric */
/** @typedef {{ name: string, passes: number, fails: number }} Check */
/** @typedef {{ metrics: Record<string, Metric>, state: { testRunDurationMs: number }, root_group: { checks: Check[] } }} Data */

/** @param {Data} data @returns {Record<string, string>} */
export function handleSummary(data) {
  const metrics = Object.entries(data.metrics);
  const of = (/** @type {string} */ wanted) => metrics.filter(([, { type }]) => type === wanted);
  const { role, region, wan, seconds, rate, seed } = settings;
  const summary = {
    role,
    region,
    wan,
    seconds,
    rate,
    seed,
    ran_ms: data.state.testRunDurationMs,
    thresholds: metrics.flatMap(([metric, { thresholds, values }]) =>
      Object.entries(thresholds ?? {}).map(([limit, { ok }]) => ({ metric, limit, ok, samples: samples(values) })),
    ),
    counts: Object.fromEntries(of("counter").map(([name, { values }]) => [name, values.count])),
    trends: Object.fromEntries(of("trend").map(([name, { values }]) => [name, values])),
    checks: data.root_group.checks.map(({ name, passes, fails }) => ({ name, passes, fails })),
  };
  return { [settings.summaryPath]: `${JSON.stringify(summary, null, 2)}\n` };
}

/** A rate counts in two. @param {Record<string, number>} values */
function samples({ count, passes, fails }) {
  return count ?? (passes ?? 0) + (fails ?? 0);
}
