// Reads variables of the environment. Every mistake names its variable, and all are told at once.

/** @type {string[]} */
const mistakes = [];

/** @param {string} name @param {string} why */
export function complain(name, why) {
  mistakes.push(`${name}: ${why}`);
}

/** An empty value counts as unset. @param {string} name @returns {string | null} */
export function optional(name) {
  return __ENV[name] || null;
}

/** @param {string} name @returns {string} */
export function required(name) {
  const value = optional(name);
  if (value === null) complain(name, "is required");
  return value ?? "";
}

/**
 * @template {string} T
 * @param {string} name @param {readonly T[]} choices @returns {T}
 */
export function oneOf(name, choices) {
  const value = required(name);
  const found = choices.find((choice) => choice === value);
  if (value !== "" && found === undefined) complain(name, `expected ${choices.join(", ")}, found "${value}"`);
  return found ?? choices[0];
}

/**
 * @param {string} name
 * @param {{ min: number, fallback?: number }} range Without a fallback it is required.
 */
export function number(name, { min, fallback }) {
  const text = fallback === undefined ? required(name) : optional(name);
  if (!text) return fallback ?? min;
  const value = Number(text);
  if (Number.isFinite(value) && value >= min) return value;
  complain(name, `expected a number of at least ${min}, found "${text}"`);
  return min;
}

/** What a path is put behind. @param {string} name @param {unknown} [value] */
export function baseUrl(name, value = required(name)) {
  // What is required and missing was told already.
  if (value === "") return "";
  if (typeof value === "string" && /^https?:\/\/[^/]+$/.test(value)) return value;
  complain(name, `expected http(s)://host:port without a path, found ${JSON.stringify(value)}`);
  return "";
}

/** @param {string} name @returns {Record<string, unknown> | null} */
export function object(name) {
  const text = optional(name);
  if (text === null) return null;
  try {
    const value = JSON.parse(text);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
  } catch {
    // Told below.
  }
  complain(name, `expected a JSON object, found "${text}"`);
  return null;
}

/** Nothing starts with a mistake. */
export function finish() {
  if (mistakes.length > 0) throw new Error(`the environment is wrong:\n  ${mistakes.join("\n  ")}`);
}
