// Steady reading, and editors at work: an ordinary day.

import { steady } from "../lib/arrivals.js";
import { byRole, reading, writing } from "../lib/options.js";
import { editing } from "../scenarios/editing.js";
import { everybody } from "../scenarios/everybody.js";

export { handleSummary } from "../lib/summary.js";
export * from "../scenarios/editing.js";
export * from "../scenarios/everybody.js";

export const options = byRole({
  readers: () => reading(everybody(steady)),
  editors: () => writing(editing()),
});
