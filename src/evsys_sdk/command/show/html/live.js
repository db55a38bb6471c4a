// A page that is rewritten: the open page reads itself again in a hidden frame. No browser lets a page
// from file:// fetch a file, but each lets it open one in a frame, which then sends its data.

const FEED = "?feed=";

// Whether this page is such a frame; if so, it sends its data and shows nothing.
function sentToParent(text) {
  if (window.parent === window || !location.search.startsWith(FEED)) return false;
  window.parent.postMessage({ evsysData: text }, "*");
  return true;
}

function follow(text, seconds, wanted, update) {
  let current = text, frame = null;
  window.addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || typeof event.data?.evsysData !== "string") return;
    frame.remove();
    frame = null;
    document.body.dataset.reads = String(Number(document.body.dataset.reads ?? 0) + 1);
    if (event.data.evsysData === current) return;
    current = event.data.evsysData;
    const data = JSON.parse(current);
    update(data);
    if (!data.live) clearInterval(timer);
  });
  const timer = setInterval(() => {
    if (!wanted() || document.hidden) return;
    frame?.remove();
    frame = element("iframe", { hidden: true, title: "newer data", src: `${location.href.split(/[?#]/)[0]}${FEED}${Date.now()}` });
    document.body.append(frame);
  }, seconds * 1000);
}
