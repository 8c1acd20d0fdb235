// The frame round Streamlit's file button says it has no part ("presentation") and yet carries a
// name and can take focus (axe: presentation-role-conflict). It is a group: a named frame round the button.
(() => {
  if (window.keptOpenMends) return;
  window.keptOpenMends = true;
  const frames = "section[data-testid=stFileUploaderDropzone][role=presentation]";
  const mend = () => document.querySelectorAll(frames).forEach((frame) => frame.setAttribute("role", "group"));
  const seen = new MutationObserver(mend);
  seen.observe(document.body, { childList: true, subtree: true });
  mend();
})();
