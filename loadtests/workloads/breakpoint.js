// More and more readers, up to fifty times an ordinary day, until a promise is broken: that ends the test, and its time
// says at which rate.

import { ramping } from "../lib/arrivals.js";
import { byRole, reading } from "../lib/options.js";
import { everybody } from "../scenarios/everybody.js";

export { handleSummary } from "../lib/summary.js";
export * from "../scenarios/everybody.js";

const EVER_MORE = ramping({ startTimes: 1, stages: [{ part: 1, times: 50 }] });

export const options = byRole({
  readers: () => reading(everybody(EVER_MORE), { abort: true }),
});
