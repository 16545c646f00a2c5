import { defineStore } from 'pinia';
import { ref } from 'vue';

/** What was typed on one form and is useful on the next: nobody types a number twice. Never kept beyond the page. */
export const useDraft = defineStore('draft', () => {
  const contact = ref('');
  return { contact };
});
