// What Streamlit's own parts lack for people who use a screen reader.
// The frame round Streamlit's file button says it has no part ("presentation") and yet carries a
// name and can take focus (axe: presentation-role-conflict). It is a group: a named frame round the button.
// A button that names a language names it in that language (WCAG 3.1.2): a screen reader picks its voice by "lang".
(() => {
  if (window.keptOpenMends) return;
  window.keptOpenMends = true;
  const frames = "section[data-testid=stFileUploaderDropzone][role=presentation]";
  // The pages of an opened section of the menu hang outside every landmark (axe: region): they are navigation too.
  const opened = "[data-testid=stTopNavPopoverBody]:not([role])";
  // On a narrow screen the menu is a list whose sections are no items of it (axe: list): the links alone are said.
  const lists = "[data-testid=stSidebarNavItems]:not([role]), [data-testid=stSidebarNavItems] li:not([role])";
  const languages = "[class*=st-key-language_] button";
  const mend = () => {
    document.querySelectorAll(lists).forEach((part) => part.setAttribute("role", "none"));
    document.querySelectorAll(frames).forEach((frame) => frame.setAttribute("role", "group"));
    document.querySelectorAll(opened).forEach((body) => {
      const section = document.querySelector("[data-testid=stTopNavSection][aria-expanded=true]");
      body.setAttribute("role", "navigation");
      body.setAttribute("aria-label", section ? section.innerText : "Pages");
    });
    document.querySelectorAll(languages).forEach((button) => {
      button.lang = button.closest("[class*=st-key-language_]").className.match(/st-key-language_([a-z]+)/)[1];
    });
  };
  const seen = new MutationObserver(mend);
  seen.observe(document.body, { childList: true, subtree: true });
  mend();
})();
