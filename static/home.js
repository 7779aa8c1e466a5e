// The first page: presets to start with one click, and recent experiments.

import * as api from "./base/api.js";
import {append, element} from "./base/element.js";
import {ago, plural} from "./base/format.js";
import {standing} from "./base/state.js";
import * as view from "./base/view.js";

export async function open(host) {
    document.title = "Descent";
    const [{groups}, list] = await Promise.all([api.presets(), api.experiments()]);
    const fault = element("p", {class: "fault", role: "alert", hidden: true});
    const after = groups.find(({presets}) => presets.some(({saw}) => saw === undefined));
    append(host, [
        element("header", {class: "hero"},
            element("h1", {}, "Watch a small neural network learn"),
            element("p", {}, "Start an experiment and see every epoch\u2019s loss while it " +
                "trains, or ", element("a", {href: view.address({preset: ""})}, "set up your own"),
                ". The first ones come from one student\u2019s report on a network of two " +
                "inputs, two hidden units and one output; those ",
                element("a", {href: "#after"}, "after the report"),
                " show what a first course goes on with."),
            element("p", {class: "to-recent"}, element("a", {href: "#recent"},
                "Recent experiments"))),
        fault,
        element("div", {class: "overview"},
            element("div", {}, groups.map((group) => groupOf(group, group === after,
                (preset, button) => start(preset, button, fault)))),
            recent(list))]);
    return {};
}

function groupOf(group, isAfter, onStart) {
    return element("section", {class: "group", id: isAfter ? "after" : null},
        element("h2", {}, group.title),
        element("ul", {class: "presets"}, group.presets.map((preset) => line(preset, onStart))));
}

function line(preset, onStart) {
    const button = element("button", {type: "button", class: "primary",
                                      "aria-label": `Start: ${preset.title}`,
                                      "data-preset": preset.name,
                                      onclick: () => onStart(preset, button)}, "Start");
    return element("li", {},
        element("h3", {}, preset.title),
        element("dl", {},
            preset.saw && element("div", {}, element("dt", {}, "The report saw"), " ",
                element("dd", {}, preset.saw)),
            element("div", {}, element("dt", {}, "Look for"), " ",
                element("dd", {}, preset.look_for))),
        element("p", {class: "actions"}, button,
            element("a", {class: "button quiet", href: view.address({preset: preset.name}),
                          "aria-label": `Edit: ${preset.title}`}, "Edit")));
}

async function start(preset, button, fault) {
    button.disabled = true;
    try {
        const experiment = await api.start({preset: preset.name});
        view.go({experiment: experiment.id});
    } catch (problem) {
        button.disabled = false;
        fault.hidden = false;
        fault.textContent = problem.message;
        fault.scrollIntoView({block: "nearest"});
    }
}

function recent(list) {
    const items = element("ul", {class: "recent-list"});
    const more = element("button", {type: "button", class: "quiet"}, "Show more");
    const add = ({experiments, next}) => {
        append(items, experiments.map(past));
        more.hidden = !next;
        more.onclick = async () => add(await api.experiments(next));
    };
    add(list);
    return element("aside",
        {class: "recent", id: "recent", tabindex: -1, "aria-label": "Recent experiments"},
        element("h2", {}, "Recent experiments"),
        list.experiments.length > 0 ? items
            : element("p", {class: "note"}, "None yet. They stay here when you come back."),
        more);
}

function past(experiment) {
    const {id, name, state, created, n_runs, n_ended} = experiment;
    const ended = state === "done" ? "" : `${n_ended} of `;
    return element("li", {},
        element("a", {href: view.address({experiment: id})},
            element("bdi", {}, name || "without a name")),
        element("span", {class: "facts"}, standing(experiment),
            ` \u00b7 ${ended}${plural(n_runs, "run")} \u00b7 ${ago(created)}`));
}
