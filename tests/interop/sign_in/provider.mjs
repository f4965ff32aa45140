// An OpenID provider with its own pages to sign in: PORT and REDIRECT in the environment. It takes any login.
import { Provider } from 'oidc-provider';

const { PORT, REDIRECT, RESOURCE } = process.env;
const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [{ client_id: 'desk-client', client_secret: 'desk-secret', redirect_uris: [REDIRECT] }],
  scopes: ['openid', 'gate.review'],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  extraTokenClaims: () => ({ agencies: ['CA019'] }),
  features: {
    // Access tokens are JWTs for the API, as an administrator sets it up.
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'gate.review', audience: RESOURCE, accessTokenFormat: 'jwt' }),
    },
  },
});
provider.listen(PORT, '127.0.0.1', () => console.log('ready'));
