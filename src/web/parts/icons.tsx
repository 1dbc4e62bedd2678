import type { ComponentChildren } from 'preact'

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      width="18"
      height="18"
      viewBox="0 0 18 18"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  )
}

export const AddIcon = () => (
  <Icon>
    <path d="M9 3.5v11M3.5 9h11" />
  </Icon>
)
export const SaveIcon = () => (
  <Icon>
    <path d="M9 3v8.5M5.5 8.5 9 12l3.5-3.5M3.5 15h11" />
  </Icon>
)
export const HelpIcon = () => (
  <Icon>
    <circle cx="9" cy="9" r="6.5" />
    <path d="M7.2 7.2a1.9 1.9 0 1 1 2.6 1.8c-.5.2-.8.6-.8 1.1M9 12.4v.1" />
  </Icon>
)
export const ThemeIcon = () => (
  <Icon>
    <circle cx="9" cy="9" r="6.5" />
    <path d="M9 2.5v13a6.5 6.5 0 0 0 0-13z" fill="currentColor" stroke="none" />
  </Icon>
)
export const CloseIcon = () => (
  <Icon>
    <path d="m5 5 8 8M13 5l-8 8" />
  </Icon>
)
export const BackIcon = () => (
  <Icon>
    <path d="M11 4 6 9l5 5" />
  </Icon>
)
export const PlusIcon = AddIcon
export const MinusIcon = () => (
  <Icon>
    <path d="M3.5 9h11" />
  </Icon>
)
export const FitIcon = () => (
  <Icon>
    <path d="M3.5 7V3.5H7M11 3.5h3.5V7M14.5 11v3.5H11M7 14.5H3.5V11" />
  </Icon>
)
export const FlagIcon = () => (
  <Icon>
    <path d="M9 3.2 15.4 14.3H2.6zM9 7.5v3.2M9 12.4v.1" />
  </Icon>
)
