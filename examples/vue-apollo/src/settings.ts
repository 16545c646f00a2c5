import { SettingsDocument, type SettingsQuery } from '@menjin/vue';
import { useQuery } from '@vue/apollo-composable';
import { computed, type ComputedRef, type Ref } from 'vue';

type Settings = SettingsQuery['settings'];

/** What the gateway offers: providers, regions, rules for passwords. Asked once for all pages. */
export function useSettings(): {
  settings: ComputedRef<Settings | undefined>;
  error: Ref<Error | null>;
  providerName: (slug: string) => string;
} {
  const { result, error } = useQuery(SettingsDocument, {}, { context: { menjin: 'anonymous' } });
  const settings = computed(() => result.value?.settings);
  return {
    settings,
    error,
    providerName: (slug) => settings.value?.providers.find((provider) => provider.slug === slug)?.name ?? slug,
  };
}
