// Editors publish as fast as the runner says, while readers read those very pages.

import { steady } from "../lib/arrivals.js";
import { byRole, reading, writing } from "../lib/options.js";
import { editing } from "../scenarios/editing.js";
import { watching } from "../scenarios/watch.js";

export { handleSummary } from "../lib/summary.js";
export * from "../scenarios/editing.js";
export { readEdited } from "../scenarios/read-edited.js";
export { watch } from "../scenarios/watch.js";

export const options = byRole({
  readers: () => reading({ read_edited: steady("readEdited"), ...watching() }),
  editors: () => writing(editing()),
});
