/* The page of a refusal: goes back to where its visitor came from, if they came from somewhere. */
const back = document.getElementById('back');
if (back && history.length > 1) {
  back.hidden = false;
  back.onclick = () => history.back();
}
