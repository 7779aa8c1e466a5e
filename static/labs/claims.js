// What a lab's numbers must show, and whether the server's do.

import * as api from "../base/api.js";

const LOOK_MS = 250;
const LOOKS = 80;

/* The value at an RFC 6901 pointer, in which a step code=NAME means the member of a list with that
 * code; null when there is none. */
export function at(value, pointer) {
    for (const part of pointer.split("/").slice(1)) {
        const step = part.replaceAll("~1", "/").replaceAll("~0", "~");
        value = step.startsWith("code=")
            ? value?.find?.(({code}) => code === step.slice("code=".length)) : value?.[step];
    }
    return value ?? null;
}

/* Whether a found value is what a claim says. */
export function holds(claim, found, answer) {
    if (claim.equals)
        return found !== null && found === at(answer, claim.equals);
    if ("below" in claim || "above" in claim)
        return typeof found === "number" &&
            ("below" in claim ? found < claim.below : found > claim.above);
    if (typeof claim.is !== "number" || typeof found !== "number")
        return JSON.stringify(found) === JSON.stringify(claim.is);
    return Math.abs(found - claim.is) <= (claim.within ?? 0) * Math.abs(claim.is);
}

/* What a claim expects, in words. */
export function expected({is, within, below, above, equals}) {
    if (equals !== undefined)
        return `the same as at ${equals}`;
    if (below !== undefined)
        return `below ${below}`;
    if (above !== undefined)
        return `above ${above}`;
    return within ? `${is}, to ${within} of it` : JSON.stringify(is);
}

/* Asks the server: {found, holds} of a claim about the experiment `id`, which has ended. A run's
 * verdicts may take a moment longer. */
export async function look(id, claim) {
    for (let i = 0;; i++) {
        const answer = await api.part(id, claim.get);
        const found = at(answer, claim.at), isRight = holds(claim, found, answer);
        const isWhole = !claim.at.startsWith("/verdicts") || answer.verdicts?.state === "full";
        if (isRight || isWhole || i === LOOKS)
            return {found, holds: isRight};
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
}
