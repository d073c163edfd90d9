// A popover's content stands at the end of Streamlit's document: by the keys it would be reached after all of the page.
// Opened by the keys, it takes the focus; left by Tab, it gives the focus back to what opened it.
(() => {
  const BODY = '[data-testid="stPopoverBody"]';
  const FIELDS = 'button, a[href], input, textarea, select, [tabindex="0"]';
  let opener = null;
  let isTab = false;

  const firstField = (body) =>
    [...body.querySelectorAll(FIELDS)].find((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility());

  const enter = (body, tries) => {
    const field = firstField(body);
    if (document.activeElement !== opener) return;
    if (field) field.focus({ focusVisible: true });
    else if (tries) setTimeout(() => enter(body, tries - 1), 100); // its content comes a moment later
  };

  new MutationObserver(() => {
    const body = document.querySelector(BODY);
    if (!body || body.isKnown) return;
    body.isKnown = true;
    const focused = document.activeElement;
    opener = focused.matches('[data-testid="stPopoverButton"]:focus-visible') ? focused : null;
    if (opener) enter(body, 20);
  }).observe(document.documentElement, { childList: true, subtree: true });

  addEventListener('keydown', (event) => { isTab = event.key === 'Tab'; }, true);
  addEventListener('focusout', (event) => {
    const body = event.target.closest(BODY);
    if (!isTab || !opener || !body || event.relatedTarget?.closest(BODY)) return;
    isTab = false;
    const back = opener;
    setTimeout(() => { if (back.isConnected && !document.activeElement.closest(BODY)) back.focus({ focusVisible: true }); });
  }, true);
})();
