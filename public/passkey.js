// Passkeys: a form marked data-passkey is sent with what the person's device answered. Without this script, or in a browser
// that knows no passkeys, the form stays hidden and the page works without it.
const key = window.PublicKeyCredential;
const able = key?.parseCreationOptionsFromJSON && key.parseRequestOptionsFromJSON;

/** The device's answer to what the server asks. */
async function answer(form) {
  const asked = await fetch(form.dataset.begin, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
  if (!asked.ok) throw new Error(await asked.text());
  const options = await asked.json();
  const made = form.dataset.passkey === 'create'
    ? navigator.credentials.create({ publicKey: key.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: key.parseRequestOptionsFromJSON(options) });
  // What the browser itself says is for developers, and differs from one to another.
  return (await made.catch(() => { throw new Error(form.dataset.failed); })).toJSON();
}

for (const form of able ? document.querySelectorAll('form[data-passkey]') : []) {
  const note = form.querySelector('[data-note]');
  form.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    note.hidden = true;
    form.ariaBusy = 'true';
    try {
      form.elements.credential.value = JSON.stringify(await answer(form));
      form.submit();
    } catch (error) {
      note.textContent = error instanceof TypeError ? form.dataset.offline : error.message;
      note.hidden = false;
      form.ariaBusy = null;
    }
  });
}
for (const instead of able ? document.querySelectorAll('[data-no-passkeys]') : []) instead.hidden = true;
