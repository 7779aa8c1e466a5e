"""The page's look inside a run, in a real browser: steps, surfaces, landscapes."""
import pytest
from selenium.webdriver.common.action_chains import ActionChains

import specs
from test_page import browser, page  # noqa: F401 (fixtures)


@pytest.fixture(scope="module")
def report(server):
    return server.train(specs.report(epochs=40, gradient="full"))["id"]


@pytest.fixture(scope="module")
def moons(server):
    return server.train({"dataset": {"kind": "moons", "samples": 60, "noise": 0.1},
                         "network": {"layers": [{"units": 3, "activation": "tanh"},
                                                {"units": 1, "activation": "sigmoid"}]},
                         "training": {"loss": "binary_cross_entropy", "epochs": 20,
                                      "batch_size": 10}})["id"]


def tab(page, text):
    """Opens a tab of the panel and waits for its words."""
    page.one(".inside")
    page.run("[...document.querySelectorAll('.inside .actions button')]"
             ".find((button) => button.textContent === arguments[0]).click()", text)
    page.one(".inside-body .facts")


def put(page, selector, value):
    page.run("const input = document.querySelector(arguments[0]); input.value = arguments[1];"
             "input.dispatchEvent(new Event('change'))", selector, value)


def pixels(page):
    """Different colours on the canvas."""
    return page.run("""
        const canvas = document.querySelector('.inside .plot');
        if (!canvas || !canvas.width) return 0;
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return new Set(new Uint32Array(data.buffer)).size""")


def test_nothing_is_asked_before_a_tab_is_opened(page, report):
    page.open(f"/?experiment={report}")
    page.one(".inside")
    asked = page.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert asked and not any("/runs/0/" in name and "epochs" not in name for name in asked)
    assert page.texts(".inside-body *") == []


def test_a_step_shows_formulas_with_their_numbers(page, server, report):
    page.open(f"/?experiment={report}")
    tab(page, "A step by hand")
    step = server.get(f"/experiments/{report}/runs/0/step?epoch=1&sample=0")
    page.wait(lambda: page.all(".worked"), "the step")
    assert len(page.all(".worked math")) == 9
    shown = float(page.text(".worked .result:not(.note)").removeprefix("= ").replace("\u2212", "-"))
    assert shown == pytest.approx(step["forward"][0]["value"], rel=1e-4)
    assert "step,0,1,0" in page.browser.current_url
    page.click("[aria-label='next sample']")
    page.wait(lambda: "Sample 1 of epoch 1" in (page.text(".inside .facts") or ""), "the next one")
    assert "step,0,1,1" in page.browser.current_url
    page.browser.refresh()
    page.wait(lambda: "Sample 1 of epoch 1" in (page.text(".inside .facts") or ""), "it again")


def test_all_digits_are_those_of_the_server(page, server, report):
    page.open(f"/?experiment={report}&digits=all&inside=step,0,2,3")
    page.wait(lambda: page.all(".worked"), "the step")
    step = server.get(f"/experiments/{report}/runs/0/step?epoch=2&sample=3")
    shown = [float(text.removeprefix("= ").replace("\u2212", "-"))
             for text in page.texts(".worked .result:not(.note)")]
    told = step["forward"] + [step["loss"]] + step["backward"]
    assert shown == [row["value"] for row in told]


def test_an_epoch_is_a_table_whose_samples_open(page, report):
    page.open(f"/?experiment={report}&inside=step,0,2,")
    page.wait(lambda: len(page.all(".epoch-rows tbody tr")) == 100, "a row for each sample")
    assert "printed loss" in page.text(".inside .facts")
    page.click(".epoch-rows tbody tr:nth-child(8) button")
    page.wait(lambda: "Sample 7 of epoch 2" in (page.text(".inside .facts") or ""), "the sample")
    assert page.run("return document.activeElement.value") == "7"


def test_a_surface_is_painted_and_read_out(page, report):
    page.open(f"/?experiment={report}")
    tab(page, "Surface")
    page.wait(lambda: pixels(page) > 200, "colours")
    canvas = page.one(".inside .plot")
    ActionChains(page.browser).move_to_element(canvas).perform()
    page.wait(lambda: "n1 1." in (page.text(".readout") or ""), "the words for the place")


def test_classes_are_named_with_their_colours(page, moons):
    page.open(f"/?experiment={moons}&inside=surface,0,20")
    page.wait(lambda: pixels(page) > 50, "colours")
    assert len(page.all(".legend-strip .sample")) == 2


def test_a_line_says_where_its_lowest_point_is(page, server, report):
    page.open(f"/?experiment={report}&inside=landscape,0,40,parameters,w5,")
    words = page.one(".inside-body .facts").text
    exact = server.get(f"/experiments/{report}/runs/0/landscape?kind=parameters&x=w5")["exact"]
    pieces = len(exact["pieces"])
    assert words.startswith(f"{pieces} parabola{'' if pieces == 1 else 's'}, joined")
    assert f"{exact['least']['loss']:.5f}"[:6] in words
    assert pixels(page) > 20


def test_a_wrong_name_is_answered_by_the_server_s_words(page, report):
    page.open(f"/?experiment={report}&inside=landscape,0,40,parameters,w5,")
    page.one(".inside-body .facts")
    put(page, "[aria-label='Second axis']", "w77")
    page.wait(lambda: "expected a parameter's name" in (page.text(".inside-body .fault") or ""),
              "the fault")
    page.browser.get_log("browser")  # the refused request is noted there


def test_the_path_lies_on_its_plane(page, report):
    page.open(f"/?experiment={report}")
    tab(page, "Landscape")
    assert "41 dots from epoch 0 to 40" in page.one(".inside-body .facts").text
    page.wait(lambda: pixels(page) > 200, "colours")


@pytest.mark.parametrize("inside", ["step,0,2,3", "step,0,2,", "surface,0,20",
                                    "landscape,0,20,path,,", "curvature,0,20"])
def test_it_fits_a_small_screen(page, moons, inside):
    page.resize(360, 740)
    page.open(f"/?experiment={moons}&inside={inside}")
    page.one(".inside-body .facts")
    assert page.run("return document.documentElement.scrollWidth") <= 360


def test_own_numbers_are_marked(page, server, report):
    page.open(f"/?experiment={report}&inside=step,0,1,4")
    step = server.get(f"/experiments/{report}/runs/0/step?epoch=1&sample=4")
    page.click(".step details summary")
    result = page.one(".worked .result:not(.note)")
    page.wait(lambda: not result.is_displayed(), "the results to hide")
    z1, delta = step["forward"][0]["value"], step["backward"][0]["value"]
    page.one("[aria-label='z1']").send_keys(f"{z1:.4g}")
    page.one("[aria-label='delta']").send_keys(f"{delta / 2:.4g}".replace("-", "\u2212"))
    page.click(".marking .primary")
    page.wait(lambda: page.texts(".mark .right, .mark .fault") == ["\u2713", "\u2717"], "the marks")
    said = page.text(".marking [role=status]")
    assert "The first wrong one is delta" in said and "the factor 2 is missing" in said
    page.one("[aria-label='f']").send_keys("much")
    page.click(".marking .primary")
    page.wait(lambda: "not a number" in page.text(".marking [role=status]"), "the fault")


def test_curvatures_stand_beside_the_learning_rate(page, server, report):
    page.open(f"/?experiment={report}")
    tab(page, "Curvature")
    told = server.get(f"/experiments/{report}/runs/0/hessian?epoch=40")
    values = told["eigenvalues"]
    rates = [float(text.replace("\u2212", "-")) for text in page.texts(".rates td:nth-child(2)")]
    assert rates == pytest.approx([told["gradient_norm"], values[0], 2 / values[0], 0.0004],
                                  rel=1e-4)
    assert page.texts(".rates td.word")[-1] == "below the limit"
    shown = [float(text.replace("\u2212", "-")) for text in page.texts(".spectrum td:nth-child(2)")]
    assert shown == pytest.approx(values, rel=1e-4)
    words = page.texts(".spectrum td:nth-child(3)")
    assert [words.count(f"bends {way}") for way in ("up", "down")] == [told["positive"],
                                                                       told["negative"]]
    assert told["zeros"]["text"] in page.text(".curvature")


def test_a_curvature_leads_to_the_slice_along_it(page, server, report):
    page.open(f"/?experiment={report}&inside=curvature,0,7")
    page.click(".spectrum tbody tr:nth-child(3) button")
    page.wait(lambda: "landscape,0,7,eigenvectors,2" in page.browser.current_url, "the address")
    name = server.get(f"/experiments/{report}/runs/0/landscape?kind=eigenvectors&x=2&epoch=7")
    page.wait(lambda: name["x"]["name"] in
              (page.one(".inside .plot").get_attribute("aria-label") or ""), "the slice")
    assert page.run("return document.activeElement.textContent") == "Landscape"


def test_the_best_epoch_and_the_last_are_one_click_away(page, server):
    spec = specs.report(epochs=30, gradient="full", learning_rate=0.01)
    run = server.train(spec)
    best = run["runs"][0]["best"]["epoch"]
    assert 0 < best < 30
    page.open(f"/?experiment={run['id']}&inside=curvature,0,3")
    page.one(".curvature .facts")
    for name, epoch in (("best", best), ("end", 30)):
        page.click(f"[aria-label='{name} epoch']")
        page.wait(lambda: f"after epoch {epoch} has" in page.text(".curvature .facts"), name)
        assert f"curvature,0,{epoch}" in page.browser.current_url


def test_of_too_many_curvatures_the_ends_have_a_line(page, server):
    experiment = server.train({"preset": "digits", "training": {"epochs": 1},
                               "sweep": {"/network/layers/0/units": [2]}})["id"]
    page.open(f"/?experiment={experiment}&inside=curvature,0,1")
    page.wait(lambda: page.texts(".spectrum tbody th")[15:17] == ["15", "144"], "the ends")
    assert "128 between these" in page.text(".spectrum")
    assert page.texts(".rates td.word")[2:] == ["the limit of plain steps", ""]  # it is adam
    assert "The steps of adam are others." in page.text(".curvature")


def test_a_network_too_large_for_it_is_told(page, server):
    experiment = server.train({"dataset": {"kind": "sine", "samples": 5},
                               "network": {"layers": [{"units": 300}, {"units": 1}]},
                               "training": {"epochs": 1}})["id"]
    page.open(f"/?experiment={experiment}&inside=curvature,0,1")
    page.wait(lambda: "at most 256" in (page.text(".inside-body .fault") or ""), "the fault")
    page.browser.get_log("browser")  # the refused request is noted there


def test_a_look_that_takes_longer_is_said_to_be_under_way(page, report):
    def delay(ms):
        page.browser.execute_cdp_cmd("Network.emulateNetworkConditions", {
            "offline": False, "latency": ms, "downloadThroughput": -1, "uploadThroughput": -1})
    page.open(f"/?experiment={report}&inside=curvature,0,40")
    page.one(".curvature .facts")
    page.browser.execute_cdp_cmd("Network.enable", {})
    delay(1500)
    try:
        put(page, ".stepper input", "7")
        page.wait(lambda: page.one(".inside > .note").is_displayed(), "the words")
        assert page.text(".inside > .note") == "Computing \u2026"
        page.wait(lambda: "after epoch 7 has" in page.text(".curvature .facts"), "the answer")
        assert not page.one(".inside > .note").is_displayed()
    finally:
        delay(0)


def test_an_answer_that_comes_late_does_not_replace_a_newer_one(page, report):
    page.open(f"/?experiment={report}&inside=curvature,0,40")
    page.one(".curvature .facts")
    page.run("""
        const ask = window.fetch;
        window.held = new Promise((resolve) => { window.release = resolve; });
        window.fetch = async (path, options) => {
            if (!path.includes("epoch=7"))
                return ask(path, options);
            await window.held;
            const reply = await ask(path, options);
            setTimeout(() => { window.isLate = true; }, 200); // time for the page to draw it
            return reply;
        }""")
    put(page, ".stepper input", "7")
    put(page, ".stepper input", "9")
    page.wait(lambda: "after epoch 9 has" in page.text(".curvature .facts"), "the newer answer")
    page.run("window.release()")
    page.wait(lambda: page.run("return window.isLate === true"), "the late answer")
    assert "after epoch 9 has" in page.text(".curvature .facts")
