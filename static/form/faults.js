// Puts the faults of a refused spec at their fields, in the server's own words.
//
// Every field and every group of fields has a slot, an element with data-pointer; a fault goes to
// the slot with the longest pointer that is its own or lies above it. A fault of a swept value
// belongs to the field that is swept.

import {element, refill} from "../base/element.js";
import {words} from "../base/spec.js";

/* Shows the faults of `problem` (null: none) below `root`; what has no slot stands in `top`. */
export function show(root, top, problem) {
    const slots = [...root.querySelectorAll("[data-pointer]")];
    slots.forEach(clear);
    refill(top);
    const left = (problem?.errors ?? []).filter((fault) => !place(slots, fault));
    top.hidden = !problem;
    if (!problem)
        return;
    const n = problem.errors.length;
    top.append(element("p", {}, n === 0 ? problem.message
        : n === 1 ? "One thing to mend:" : `${n} things to mend:`));
    if (n > 0)
        top.append(element("ul", {}, problem.errors.map((fault) => summary(slots, left, fault))));
}

/* Moves the focus to the first field with a fault, else to the list of them. */
export function focusFirst(root, top) {
    const field = root.querySelector("[aria-invalid=true]");
    if (!field)
        top.scrollIntoView({block: "nearest"});
    field?.focus();
}

function summary(slots, left, fault) {
    const slot = left.includes(fault) ? null : slotOf(slots, fault.pointer);
    return element("li", {}, `${nameOf(slot, ownerOf(fault.pointer))}: ${fault.detail}`);
}

/* A fault with a field is called as the field is, another one by its pointer. */
function nameOf(slot, owner) {
    if (!owner.startsWith("/"))
        return owner || "the spec";
    const isField = slot && (slot.dataset.pointer === owner || slot.matches(".field"));
    const own = isField ? slot.dataset.name : words(owner, {});
    return /^\d*$/.test(own) ? slot?.dataset.name ?? owner : own;
}

function place(slots, {pointer, detail}) {
    const slot = slotOf(slots, pointer);
    if (!slot)
        return false;
    const text = slot.querySelector(":scope > .fault");
    text.hidden = false;
    text.closest("details")?.setAttribute("open", "");
    text.append(element("span", {}, detail));
    slot.querySelectorAll(":scope > input, :scope > select, :scope > textarea")
        .forEach((input) => input.setAttribute("aria-invalid", "true"));
    return true;
}

/* The pointer of the field that a fault belongs to. */
function ownerOf(pointer) {
    return pointer.startsWith("/sweep/")
        ? pointer.split("/")[2].replaceAll("~1", "/").replaceAll("~0", "~") : pointer;
}

function slotOf(slots, pointer) {
    const owner = ownerOf(pointer);
    const above = (slot) => owner === slot.dataset.pointer ||
        owner.startsWith(`${slot.dataset.pointer}/`);
    return slots.filter(above)
        .reduce((best, slot) => !best || slot.dataset.pointer.length > best.dataset.pointer.length
            ? slot : best, null);
}

function clear(slot) {
    const text = slot.querySelector(":scope > .fault");
    refill(text);
    text.hidden = true;
    slot.querySelectorAll("[aria-invalid]")
        .forEach((input) => input.removeAttribute("aria-invalid"));
}
