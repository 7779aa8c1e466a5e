// What the picture leaves out, in words below it, and the way to see it.

import {element, setText} from "../base/element.js";
import {count, plural} from "../base/format.js";
import {REPLAY_MAX} from "./detail.js";

export class Note {
    /* `host` is the element to place; `runs` is [{title}]. */
    constructor(losses, detail, runs) {
        Object.assign(this, {losses, detail, runs});
        this.text = element("p", {class: "note"});
        this.again = element("button", {type: "button", class: "quiet", hidden: true,
                                        onclick: () => this.replay()},
            "Train these epochs again to show each");
        this.refused = null;
        this.host = element("div", {class: "notes"}, this.text, this.again);
    }

    /* For the picture of epochs from..to of the `shown` runs; `fits` when its losses were not
     * chosen by the reader, `ended` when no run goes on, `lack` says why no loss is there yet. */
    draw({picture, from, to, shown, fits, ended, lack}) {
        this.looked = {from: Math.max(Math.floor(from), 1),
                       to: Math.min(Math.ceil(to), this.losses.reached()), shown};
        const notes = [this.losses.reached() === 0 && lack, this.resolution(ended), this.refused,
                       fits && this.above(picture),
                       picture.zeros && "Losses of 0 have no place on a log axis."].filter(Boolean);
        setText(this.text, notes.join(" "));
        this.text.hidden = notes.length === 0;
    }

    resolution(ended) {
        const {from, to} = this.looked;
        const thinned = this.losses.thinned(from, to);
        const kept = thinned && this.detail.isFinest(from, to);
        this.again.hidden = !kept || !ended || to - from >= REPLAY_MAX;
        return kept ? "Envelope: of epochs so late not every loss is kept, but the lowest, " +
                `highest and last of every ${count(this.losses.widest(from, to))}.`
            : thinned ? "Thinned: some points stand for a range of epochs, drawn from its lowest " +
                "to its highest loss. Zoom in, or drag over a part, to see it finer." : null;
    }

    above({above}) {
        return above.length > 0 && `Higher than the picture: ${above.length > 4
            ? plural(above.length, "run") : above.map((run) => this.runs[run].title).join(", ")}.`;
    }

    /* Every loss of what was looked at, where the server has an envelope. */
    async replay() {
        const {from, to, shown} = this.looked;
        this.again.disabled = true;
        this.refused = await this.detail.replay(shown, from, to)
            .then(() => null, (problem) => `The server did not do it: ${problem.message}`);
        this.again.disabled = false;
        this.detail.onChange();
    }
}
