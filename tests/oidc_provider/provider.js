// A certified OpenID Connect provider on the loopback, with the people of the tests; its parameters come as JSON in
// the first argument: port, client_id, client_secret, redirect_uri, people (login -> claims).
import Provider from 'oidc-provider';

const asked = JSON.parse(process.argv[2]);
const provider = new Provider(`http://localhost:${asked.port}`, {
  clients: [{
    client_id: asked.client_id,
    client_secret: asked.client_secret,
    redirect_uris: [asked.redirect_uri],
    post_logout_redirect_uris: [asked.redirect_uri],
    response_types: ['code'],
    grant_types: ['authorization_code'],
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  // Claims in the identity token, as the providers that people have do it.
  conformIdTokenClaims: false,
  cookies: { keys: [asked.client_secret] },
  features: { devInteractions: { enabled: true } },
  findAccount: (ctx, login) => asked.people[login] && {
    accountId: login,
    claims: () => ({ sub: login, ...asked.people[login] }),
  },
});
provider.listen(asked.port, '127.0.0.1');
