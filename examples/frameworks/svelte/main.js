import { mount } from 'svelte';
import SignIn from './SignIn.svelte';

mount(SignIn, { target: document.getElementById('app') });
