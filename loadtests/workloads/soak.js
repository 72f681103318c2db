// The ordinary day for as long as the runner says, which looks for what grows: memory, connections, lag.

export * from "./load.js";
