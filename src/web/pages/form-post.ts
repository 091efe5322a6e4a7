/* The page that hands an answer to a client by form: it sends itself; without a script the user presses its button. */
const form = document.getElementById('form-post');
if (form instanceof HTMLFormElement) form.submit();
