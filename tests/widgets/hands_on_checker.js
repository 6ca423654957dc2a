// Run inside of page.html, which gives key(), text(), model, sent and die().
const options = () => [...el.querySelectorAll(".opsef-option")];
const states = () => options().map((one) => [one.querySelector(".opsef-letter").textContent, one.querySelector(".opsef-state").textContent, one.disabled]);
const label = () => document.activeElement.textContent;
outcome.page = el.innerHTML + JSON.stringify(state);
outcome.first = [text(".opsef-kind")[0], text(".opsef-prompt")[0], text(".opsef-prompt code"), text(".opsef-text"), states()];
outcome.high = options().map((one) => one.getBoundingClientRect().height);
options()[0].focus(); key("ArrowDown", document.activeElement); key("ArrowDown", document.activeElement); outcome.moved = label();
key("ArrowDown", document.activeElement); key("ArrowDown", document.activeElement); outcome.round = label();
key("b"); outcome.asked = [states().map((one) => one[2]), el.querySelector(".opsef").getAttribute("aria-busy")];
key("c"); // while the kernel is asked, nothing else is
await wait(60);
outcome.wrong = [states(), text(".opsef-sign")[0], text(".opsef-verdict b")[0], text(".opsef-result p")];
key("2"); options()[1].click(); await wait(30); outcome.once = sent.length; // what was wrong is not said twice
options()[2].click(); await wait(60);
outcome.right = [states(), text(".opsef-sign")[0], text(".opsef-verdict b")[0], text(".opsef-result p")];
key("a"); await wait(30); outcome.closed = sent.length;
const widths = [];
for (const width of ["700px", "300px"]) { el.style.width = width; await wait(60); widths.push([el.scrollWidth, options()[0].getBoundingClientRect().width]); }
outcome.widths = widths;
el.style.width = "";
model.set("told", { tries: [], closed: false, right: null, headline: "", lines: [] });
(listeners["change:told"] || []).forEach((act) => act());
outcome.emptied = [states(), el.querySelector(".opsef-result").childNodes.length]; // as after a change by code
die();
key("a"); await wait(60);
outcome.dead = [text(".opsef-note")[0], states().map((one) => one[2])];
close(); outcome.listening = Object.values(listeners).flat().length;
