import { defineStore } from 'pinia';
import { ref } from 'vue';

const SHOWN_FOR = 6_000;

/** One short message that outlives a change of the page: "Password changed". */
export const useNotices = defineStore('notices', () => {
  const text = ref<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function show(message: string): void {
    text.value = message;
    clearTimeout(timer);
    timer = setTimeout(hide, SHOWN_FOR);
  }

  function hide(): void {
    text.value = undefined;
  }

  return { text, show, hide };
});
