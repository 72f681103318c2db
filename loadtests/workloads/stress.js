// In steps to four times the ordinary day, and back: the promises hold on every step.

import { ramping } from "../lib/arrivals.js";
import { byRole, reading, writing } from "../lib/options.js";
import { editing } from "../scenarios/editing.js";
import { everybody } from "../scenarios/everybody.js";

export { handleSummary } from "../lib/summary.js";
export * from "../scenarios/editing.js";
export * from "../scenarios/everybody.js";

const UP_AND_DOWN = ramping({
  startTimes: 1,
  stages: [
    { part: 0.2, times: 1 },
    { part: 0.1, times: 2 },
    { part: 0.2, times: 2 },
    { part: 0.1, times: 4 },
    { part: 0.2, times: 4 },
    { part: 0.1, times: 1 },
    { part: 0.1, times: 1 },
  ],
});

export const options = byRole({
  readers: () => reading(everybody(UP_AND_DOWN)),
  editors: () => writing(editing()),
});
