// What scrolls sideways can be scrolled with the keys, too.
function reachable() {
  for (const box of document.querySelectorAll("pre, .table-wrapper, .cell_output .output, math[display=block]")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", reachable);
addEventListener("resize", reachable);
