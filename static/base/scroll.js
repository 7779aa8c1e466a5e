// A table or list larger than its place scrolls there, and says so: in words, and by fading towards
// what is out of sight.

import {element} from "./element.js";

/* A scrolling region named `label` around `table`; `beyond`, a text or an element, says
 * what stands to the right. */
export function scrolling(label, table, beyond = "more") {
    const region = element("div", {class: "scroll", tabindex: 0, role: "region",
                                   "aria-label": label}, table);
    const hint = element("p", {class: "note sideways", hidden: true},
        "Scroll sideways for ", beyond, " ", element("span", {"aria-hidden": "true"}, "\u2192"));
    const host = element("div", {class: "scroller"}, hint,
        element("div", {class: "edges"}, region));
    const look = () => {
        const right = region.scrollWidth - region.clientWidth - region.scrollLeft;
        const below = region.scrollHeight - region.clientHeight - region.scrollTop;
        hint.hidden = region.scrollLeft + right <= 1;
        host.classList.toggle("more-left", region.scrollLeft > 1);
        host.classList.toggle("more-right", right > 1);
        host.classList.toggle("more-below", below > 1);
    };
    const resized = new ResizeObserver(look);
    resized.observe(region);
    resized.observe(table);
    region.addEventListener("scroll", look, {passive: true});
    return host;
}
