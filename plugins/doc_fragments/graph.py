# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation that several modules share, once. The specification beside it: module_utils/_argspec.py."""

from __future__ import annotations


class ModuleDocFragment:
    """Options and attributes of every module that talks to Microsoft Graph."""

    DOCUMENTATION = r"""
requirements:
  - msal >= 1.35
  - requests >= 2.31
options:
  options:
    description:
      - Any options of the module in one dictionary. What is stated beside it wins.
      - Ansible compiles the template of each argument anew for each task, item and host, which costs more than the task itself
        where there are many. This is one template for all of them.
    type: dict
  variables_prefix:
    description:
      - Shared options (O(tenant_id) to O(wait_timeout)) that are not stated are taken from the variables whose names begin with
        this and end with the option's name, such as C(mssp_onboard_client_id) for V(mssp_onboard_), where these are not empty.
      - For C(module_defaults), in the place of a template for each of them.
    type: str
  tenant_id:
    description:
      - The customer's tenant, as GUID or as one of its verified domains.
      - If not set, E(AZURE_TENANT_ID) or E(AZURE_TENANT) is used.
      - The roles and playbooks of this collection never take it from the environment.
    type: str
  client_id:
    description:
      - Application (client) ID of the MSSP's application, which the customer has consented to.
      - If not set, E(AZURE_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - Secret of the application.
      - If not set, E(AZURE_CLIENT_SECRET) or E(AZURE_SECRET) is used.
    type: str
  certificate_path:
    description:
      - File with the application's certificate and private key, PEM or PFX. In a PEM file with a chain the application's own
        certificate comes first.
      - If not set, E(AZURE_CLIENT_CERTIFICATE_PATH) is used.
    type: path
  certificate_password:
    description:
      - Password of the private key in O(certificate_path).
      - If not set, E(AZURE_CLIENT_CERTIFICATE_PASSWORD) is used.
    type: str
  federated_token_file:
    description:
      - File with a token of an issuer that the application trusts (workload identity federation). It is read anew whenever an
        access token is needed, since its writer replaces it.
      - If not set, E(AZURE_FEDERATED_TOKEN_FILE) is used.
    type: path
  refresh_token:
    description:
      - Refresh token of a person who has signed in to the application, for what only people may do, such as approvals.
      - A confidential application also needs O(client_secret) or O(certificate_path); a public one takes neither.
      - A new refresh token that the identity platform gives is not kept. The given one stays valid until it expires or is
        revoked.
      - If not set, E(MSSP_REFRESH_TOKEN) is used.
    type: str
  access_token:
    description:
      - Access token for Microsoft Graph that you have acquired yourself. It has to be of the tenant O(tenant_id).
      - If not set, E(MSSP_ACCESS_TOKEN) is used.
    type: str
  auth_method:
    description:
      - How to prove the application's identity.
      - V(auto) takes the first whose options are given, in the order of this list. After the tokens that you give yourself that
        is the order of Azure's DefaultAzureCredential.
      - V(managed_identity) is the identity of the Azure machine or service that Ansible runs on; O(client_id) chooses a
        user-assigned one. It works in its own tenant only. V(auto) takes it only where the environment names its endpoint.
      - V(azure_cli) is the sign-in of C(az login). V(auto) takes it where C(az) is installed and nothing else is given.
      - V(device_code) is for M(mssp.defender.sign_in), which gives a person a code to sign in with; V(auto) never takes it.
      - If not set, E(MSSP_AUTH_METHOD) is used.
    type: str
    choices: [auto, access_token, refresh_token, client_secret, certificate, federated, managed_identity, azure_cli, device_code]
    default: auto
  cloud:
    description:
      - The national cloud of the tenant, V(public), V(usgov) (GCC High), V(usgov_dod) or V(china), or Azure's name for it, as
        V(AzureUSGovernment). Azure has one name for both clouds of the US government, which stands for V(usgov).
      - The application has to be registered in the same cloud. A tenant that turns out to live in another one is refused before a
        credential is sent there.
      - What a cloud is documented not to have is refused before anything is asked; C(failure.code) is then C(NotInThisCloud).
      - If not set, E(AZURE_CLOUD_ENVIRONMENT) is used.
    type: str
    default: public
  graph_url:
    description:
      - Another address of Microsoft Graph than that of O(cloud).
      - If not set, E(MSSP_GRAPH_URL) is used.
    type: str
  login_url:
    description:
      - Another address of the identity platform than that of O(cloud).
      - If not set, E(AZURE_AUTHORITY_HOST) is used.
    type: str
  ca_path:
    description:
      - CA bundle to verify TLS certificates with. TLS is always verified.
      - If not set, E(MSSP_CA_PATH), E(REQUESTS_CA_BUNDLE) or certifi's bundle is used.
    type: path
  request_timeout:
    description: Seconds that one request may take.
    type: int
    default: 30
  wait_timeout:
    description: Seconds that the task may wait in all, for retries and for Microsoft Graph to become consistent.
    type: int
    default: 300
notes:
  - With a local connection and without C(become) and C(async) the task runs inside Ansible's own worker. Otherwise it runs as an
    ordinary module on the target, with the same result; O(ca_path), O(certificate_path) and the libraries are then the target's.
  - An ordinary module costs a Python start and a token for each task; tasks of one run share neither token nor reads, and two
    hosts that name one tenant are not noticed.
  - While an ordinary module runs, its arguments, secrets among them, lie in Ansible's temporary directory on the target.
  - When the C(timeout) keyword ends a task, an ordinary module goes on in the background to the end of the request that it waits
    for, but starts no write after that time.
  - A person's name and password (E(AZURE_AD_USER), E(AZURE_PASSWORD)) are no credential here.
  - Ansible itself prints C(environment) of ordinary modules with C(-vvv), and extra variables of the command line with C(-vvvv).
    Give secrets as options, from a vault.
attributes:
  check_mode:
    support: full
    description: Can run in check mode and predict exactly the changes that a run would make, without writing.
  diff_mode:
    support: full
    description: Returns before and after of exactly what is managed.
  action_group:
    support: full
    description: Use C(group/mssp.defender.graph) in C(module_defaults) to set the shared options for all modules.
    membership:
      - mssp.defender.graph
"""

    STATE = r"""
options:
  state:
    description: Whether the object is to be there.
    type: str
    choices: [present, absent]
    default: present
  force:
    description: With O(state=absent), delete the object although it is in use.
    type: bool
    default: false
"""

    ADOPT = r"""
options:
  adopt:
    description:
      - Take over an object that has the right name although others are in it or hold it, or something else uses it.
      - A name is no proof of origin. Without this, an object that is matched by its name alone is only taken over when
        that gives nobody access whom the task does not name.
    type: bool
    default: false
"""
