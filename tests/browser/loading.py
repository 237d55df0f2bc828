"""How a page came onto the screen: at once and where it stays, or with jumps.

Asked of a page that is loaded already, since the browser keeps the entries: no further load.
"""

from playwright.sync_api import Page

MOST_SHIFT = 0.02
"""Of the cumulative layout shift; Lighthouse calls 0.1 good."""
LOADED = """() => new Promise((resolve) => {
  let shift = 0;
  const moved = [];
  const add = (entries) => {
    for (const entry of entries) {
      if (entry.hadRecentInput) continue;
      shift += entry.value;
      for (const { node } of entry.sources) moved.push(node?.outerHTML?.slice(0, 80) ?? "text");
    }
  };
  const watch = new PerformanceObserver((list) => add(list.getEntries()));
  watch.observe({ type: "layout-shift", buffered: true });
  const hasSize = (image) => {
    const style = image.computedStyleMap();
    const isGiven = (name) => style.get(name).toString() !== "auto";
    return (isGiven("width") && isGiven("height")) || isGiven("aspect-ratio");
  };
  // What a script draws at once comes from nowhere that it could be waited for.
  const isFetched = (image) => !image.src.startsWith("data:");
  const seen = [...document.images].filter((one) => one.checkVisibility() && isFetched(one));
  const unsized = seen.filter((one) => !hasSize(one));
  const wasPainted = () => performance.getEntriesByName("first-contentful-paint").length;
  const deadline = performance.now() + 5000;  // what is there is not on the screen yet
  const report = () => {
    if (!wasPainted() && performance.now() < deadline) return setTimeout(report, 50);
    add(watch.takeRecords());
    resolve({
      shift,
      moved,
      unsized: unsized.map((image) => image.outerHTML.slice(0, 120)),
      fonts: document.fonts.size,
      painted: wasPainted(),
    });
  };
  setTimeout(report, 0);
})"""


def loading_faults(page: Page, name: str) -> list[str]:
    """Parts that moved after they were shown, pictures without a size, text that came late.

    A picture needs attributes or a style that keep its place before it has arrived. No font is
    loaded, so text is there with the first paint and never changes its shape.
    """
    found = page.evaluate(LOADED)
    faults = [f"{name}: no place is kept for {image}" for image in found["unsized"]]
    if found["shift"] > MOST_SHIFT:
        faults.append(f"{name}: moved by {found['shift']:.3f}: {', '.join(found['moved'][:4])}")
    if found["fonts"]:
        faults.append(f"{name}: {found['fonts']} fonts are loaded")
    if not found["painted"]:
        faults.append(f"{name}: nothing was painted")
    return faults
