// Run inside of page.html: a question that is answered by a number.
const box = el.querySelector("input");
const submit = () => el.querySelector("form").requestSubmit();
outcome.first = [text(".opsef-option").length, text(".opsef-soft")[0], box.inputMode];
box.value = "many"; submit(); outcome.words = [text(".opsef-note")[0], sent.length, document.activeElement === box];
box.value = " 2,5 "; submit(); await wait(60);
outcome.wrong = [text(".opsef-note")[0], text(".opsef-sign")[0], text(".opsef-verdict b")[0], box.disabled];
let reached = 0; document.addEventListener("keydown", () => { reached++; });
key("b", box); outcome.keys = [sent.length, reached]; // typing is neither an answer nor a shortcut of the notebook
box.value = "4"; submit(); await wait(60);
outcome.right = [text(".opsef-sign")[0], text(".opsef-verdict b")[0], box.disabled, box.value];
