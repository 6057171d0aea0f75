// Shows the reference. Nothing is asked of other hosts: no fonts, no proxy, no telemetry, no assistant.
Scalar.createApiReference('#reference', {
  url: 'openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  hideClientButton: true,
  defaultOpenAllTags: false,
  persistAuth: false,
  theme: 'default',
  metaData: { title: 'Haat API' },
  authentication: { preferredSecurityScheme: ['bearer', 'tenant'] },
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
});
