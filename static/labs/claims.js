// What a lab's numbers must show, and whether the server's do.

import * as api from "../base/api.js";

/* The value at an RFC 6901 pointer, in which a step code=NAME means the member of a list with that
 * code; undefined when there is none. */
export function at(value, pointer) {
    for (const part of pointer.split("/").slice(1)) {
        const step = part.replaceAll("~1", "/").replaceAll("~0", "~");
        value = step.startsWith("code=")
            ? value?.find?.(({code}) => code === step.slice("code=".length)) : value?.[step];
    }
    return value;
}

/* Whether a found value is what a claim says. */
export function holds(claim, found) {
    if ("below" in claim || "above" in claim)
        return typeof found === "number" &&
            ("below" in claim ? found < claim.below : found > claim.above);
    if (typeof claim.is !== "number" || typeof found !== "number")
        return JSON.stringify(found) === JSON.stringify(claim.is);
    return Math.abs(found - claim.is) <= (claim.within ?? 0) * Math.abs(claim.is);
}

/* What a claim expects, in words. */
export function expected({is, within, below, above}) {
    if (below !== undefined)
        return `below ${below}`;
    if (above !== undefined)
        return `above ${above}`;
    return within ? `${is}, to ${within} of it` : JSON.stringify(is);
}

/* Asks the server: {found, holds} of a claim about the experiment `id`. */
export async function look(id, claim) {
    const found = at(await api.part(id, claim.get), claim.at);
    return {found, holds: holds(claim, found)};
}
