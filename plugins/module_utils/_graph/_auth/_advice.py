# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What the codes of the identity platform mean here, and what to do about each."""

from __future__ import annotations

# Source: Microsoft's list of AADSTS codes, and what operators of multi-tenant applications report.
_ANOTHER_CLOUD = (
    "the tenant is in another cloud",
    "Set cloud to that of the tenant, and client_id to an application that is registered in that cloud.",
)
_SECOND_FACTOR = (
    "this tenant wants a second factor of the person who signed in",
    "Sign in again with playbooks/sign_in.yml, to this tenant.",
)
_DEVICE = (
    "a Conditional Access policy of the customer wants a managed device of the person who signed in",
    "Sign in again with playbooks/sign_in.yml, in a browser on such a device, or ask the customer to except the person from it.",
)
_UNUSED = (
    "the refresh token has expired, since nobody used it for too long",
    "Sign in again with playbooks/sign_in.yml.",
)

ADVICE = {
    "AADSTS7000215": ("the client secret is wrong", "Give the secret's value, not its id, of the application {client}."),
    "AADSTS7000222": ("the client secret has expired", "Create a new secret for the application {client}."),
    "AADSTS700016": (
        "the application {client} is not known in this tenant",
        "An administrator of the customer consents to it here: {consent}",
    ),
    "AADSTS65001": (
        "the application {client} has no consent in this tenant",
        "An administrator of the customer consents to it here: {consent}",
    ),
    "AADSTS7000229": (
        "the application {client} has no service principal in this tenant",
        "An administrator of the customer consents to it here: {consent}",
    ),
    "AADSTS700027": (
        "the certificate is not registered for the application {client}",
        "Upload its public part to the application, or give the certificate that is registered.",
    ),
    "AADSTS90002": ("the tenant is not known in this cloud", "Check tenant_id and cloud."),
    "AADSTS900023": ("the tenant is not known in this cloud", "Check tenant_id and cloud."),
    "AADSTS900382": _ANOTHER_CLOUD,
    "AADSTS90038": _ANOTHER_CLOUD,
    "AADSTS53003": (
        "a Conditional Access policy of the customer blocks the application",
        "Ask the customer to except {client} from it.",
    ),
    "AADSTS7000112": (
        "the application {client} is disabled in this tenant",
        "An administrator of the customer enables it again under Enterprise applications, Properties.",
    ),
    "AADSTS7000218": (
        "the application {client} is a confidential one, which has to prove itself as well",
        "Give client_secret or certificate_path with it, or allow public client flows for the application.",
    ),
    "AADSTS700025": (
        "the application {client} is a public one, which takes neither secret nor certificate",
        "Leave them out; where the environment has some, set client_secret and certificate_path to an empty text.",
    ),
    "AADSTS700082": _UNUSED,
    "AADSTS70008": _UNUSED,
    "AADSTS70043": (
        "the customer's policy on how long a sign-in lasts has ended the refresh token",
        "Sign in again with playbooks/sign_in.yml, or ask the customer to except the person from it.",
    ),
    "AADSTS50173": (
        "the refresh token was revoked",
        "Sign in again with playbooks/sign_in.yml. A changed password and revoked sign-in sessions end it.",
    ),
    "AADSTS9002313": (
        "the refresh token is none of the identity platform, or not the whole of it",
        "Sign in again with playbooks/sign_in.yml, and take all of what it stores.",
    ),
    "AADSTS700007": (
        "the refresh token was issued to another application than {client}",
        "Set client_id to the application that the person signed in to.",
    ),
    "AADSTS50020": (
        "the person who signed in is not known in this tenant",
        "Ask the customer to invite them as a guest, or sign in as somebody who is one.",
    ),
    "AADSTS50057": ("the account of the person who signed in is disabled", "Sign in as somebody else."),
    "AADSTS50105": (
        "the person who signed in is not assigned to the application {client} in this tenant",
        "An administrator of the customer assigns them under Enterprise applications, Users and groups.",
    ),
    "AADSTS50076": _SECOND_FACTOR,
    "AADSTS50078": _SECOND_FACTOR,
    "AADSTS50079": _SECOND_FACTOR,
    "AADSTS53000": _DEVICE,
    "AADSTS530003": _DEVICE,
    "AADSTS65004": ("the person declined", "Run again for a new code, if that was a mistake."),
    "AADSTS70020": ("the code has expired before anybody signed in", "Run again for a new code."),
    "AADSTS700211": (
        "the application {client} does not trust the issuer of the federated token",
        "Compare the federated credential of the application with iss in the token.",
    ),
    "AADSTS700212": (
        "the federated token has another audience than the application {client} trusts",
        "Compare the federated credential of the application with aud in the token.",
    ),
    "AADSTS700213": (
        "the application {client} does not trust the subject of the federated token",
        "Compare the federated credential of the application with sub in the token.",
    ),
    "AADSTS70021": (
        "the application {client} does not trust the federated token",
        "Compare the federated credential of the application with iss, sub and aud in the token.",
    ),
    "AADSTS70025": (
        "the application {client} has no federated credential",
        "Add one for the issuer of the token, under Certificates and secrets.",
    ),
    "AADSTS700236": (
        "a token of another Entra ID tenant is not taken as a federated token here",
        "Let an application of that token's own tenant trust it; it may be a multi-tenant one that the customer consents to.",
    ),
    "AADSTS50027": (
        "the signature of the assertion does not hold",
        "The federated token is not signed by a key that its issuer publishes, or was cut off on its way into the file.",
    ),
    "AADSTS700024": (
        "the assertion is outside its time",
        "The federated token has expired and its writer did not replace it, or the clock of this machine is wrong.",
    ),
    "AADSTS500011": (
        "the tenant's cloud knows no {resource}",
        "Check cloud: it has to be that of the tenant.",
    ),
}

EXPIRED = (
    "the certificate has expired",
    "Register a new one for the application {client}, and give its file in certificate_path.",
)
