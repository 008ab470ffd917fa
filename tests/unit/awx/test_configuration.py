# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX 24.6.1 refuses or reports as a change on every run, and no argument specification says: static rules."""

from __future__ import annotations

import re

import jinja2
import jinja2.sandbox
import pytest
import yaml

from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH
from ansible_collections.mssp.defender.tests.support.controller import configuration
from ansible_collections.mssp.defender.tests.support.controller.configuration import ROOT, of_module

VARIABLES = configuration.variables()
TEMPLATES = VARIABLES["mssp_awx_job_templates"]
INPUTS = VARIABLES["mssp_awx_credential_type_inputs"]
INJECTORS = VARIABLES["mssp_awx_credential_type_injectors"]
FIELDS = {field["id"] for field in INPUTS["fields"]}
# What AWX lets a launch and a schedule say, when the template does not ask for it.
PROMPTS = {"limit", "job_type", "forks", "job_slice_count"}

each_template = pytest.mark.parametrize("template", TEMPLATES, ids=lambda x: x["playbook"])


def questions(template):
    return {question["variable"]: question for question in template["survey"]}


# -- findings, by their number in the notes on AWX ------------------------------------------------------------------


def test_1_the_inventory_comes_from_a_project_of_git():
    (source,) = of_module("inventory_source")
    assert source.arguments["source"] == "scm"
    assert {project.arguments["scm_type"] for project in of_module("project", state="present")} == {"git"}


def test_2_the_organization_has_a_galaxy_credential_or_requirements_are_skipped():
    (made,) = [x for x in of_module("organization") if x.file == "organization.yml"]
    assert made.arguments["galaxy_credentials"] == "{{ mssp_awx_galaxy_credentials }}"
    assert VARIABLES["mssp_awx_galaxy_credentials"] == ["Ansible Galaxy"]


def test_2_a_project_sync_installs_the_checkout_itself():
    wanted = yaml.safe_load((ROOT / "collections" / "requirements.yml").read_text(encoding="utf-8"))
    assert wanted == {"collections": [{"name": ".", "type": "dir"}]}


def test_4_inventory_updates_are_told_where_collections_are():
    (source,) = of_module("inventory_source")
    assert "mssp_awx_source_environment" in source.arguments["source_vars"]
    told = source.keywords["vars"]["mssp_awx_source_environment"]
    assert told["ANSIBLE_COLLECTIONS_PATH"] == "{{ mssp_awx_collections_path }}"
    assert VARIABLES["mssp_awx_collections_path"] == "/runner/requirements_collections"
    # The other cure would act on every tool that is started in a checkout.
    assert not (ROOT / "ansible.cfg").exists()


def test_6_no_workflow_has_its_nodes_inside():
    for workflow in of_module("workflow_job_template"):
        assert not {"workflow_nodes", "schema", "destroy_current_nodes"} & set(workflow.arguments)


def test_6_the_approval_and_what_follows_it_are_two_tasks_in_this_order():
    nodes = of_module("workflow_job_template_node")
    links = {"success_nodes", "always_nodes", "failure_nodes"}
    approvals = [x for x in nodes if "approval_node" in x.arguments]
    assert [x.arguments["identifier"] for x in approvals] == ["approve"]
    assert not links & set(approvals[0].arguments)
    linked = [x for x in nodes if links & set(x.arguments)]
    (follows,) = [x for x in linked if x.arguments["identifier"] == "approve"]
    assert "unified_job_template" not in follows.arguments
    # Every node is there before any is linked.
    assert max(nodes.index(x) for x in nodes if x not in linked) < min(nodes.index(x) for x in linked)


def test_7_secrets_are_only_stored_anew_when_somebody_says_so():
    (credential,) = of_module("credential", state="{{ 'present' if mssp_awx_inputs_complete else 'exists' }}")
    assert credential.arguments["update_secrets"] == "{{ mssp_awx_update_secrets }}"
    assert VARIABLES["mssp_awx_update_secrets"] is False


def test_8_the_inventory_says_its_kind_or_check_mode_sees_a_change():
    (inventory,) = of_module("inventory", state="present")
    assert inventory.arguments["kind"] == ""


def test_9_no_lookup_for_a_recurrence_rule():
    for path in configuration.files():
        assert "schedule_rrule" not in path.read_text(encoding="utf-8"), path


def test_11_the_recurrence_rule_has_a_time_zone_and_an_interval():
    (schedule,) = of_module("schedule", state="present")
    assert schedule.arguments["rrule"] == "{{ mssp_awx_schedule_audit_rule }}"
    rule = VARIABLES["mssp_awx_schedule_audit_rule"]
    assert re.fullmatch(r"DTSTART;TZID=[A-Za-z_]+/[A-Za-z_]+:\d{8}T\d{6} RRULE:FREQ=[A-Z]+;INTERVAL=\d+", rule)


def test_12_schedules_and_steps_answer_no_survey_and_need_not():
    for module in ("schedule", "workflow_job_template_node"):
        for task in of_module(module):
            assert not {"extra_data", "extra_vars"} & set(task.arguments), task.name
    runs = {VARIABLES[f"mssp_awx_job_template_{x}"] for x in ("onboard", "audit", "report")}
    for template in TEMPLATES:
        if template["name"] in runs:
            assert not any(x["required"] for x in template["survey"]), template["name"]


@each_template
def test_12_what_is_required_has_no_default_that_hides_it(template):
    for question in template["survey"]:
        if question["required"]:
            assert question["default"] == "", question["variable"]


@each_template
def test_12_a_default_is_an_answer(template):
    for question in template["survey"]:
        if question["type"] == "multiplechoice":
            assert question["default"] in ["", *question["choices"]], question
            assert all(isinstance(x, str) for x in question["choices"]), question
        else:
            assert question["type"] == "text"
            assert isinstance(question["default"], str)
            assert not question["default"] or question["min"] <= len(question["default"]) <= question["max"], question


@each_template
def test_12_a_survey_question_is_a_variable_of_the_playbook(template):
    playbook = (ROOT / template["playbook"]).read_text(encoding="utf-8")
    role = yaml.safe_load((ROOT / "roles" / "mssp_onboard" / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    known = set(role["argument_specs"]["main"]["options"])
    if "import_playbook: report.yml" in playbook:
        playbook += (ROOT / "playbooks" / "report.yml").read_text(encoding="utf-8")
    for name in {*questions(template), *template.get("variables", {})}:
        assert name in known or re.search(rf"\b{name}\b", playbook), name


@pytest.mark.parametrize("field", INPUTS["fields"], ids=lambda x: x["id"])
def test_13_a_field_is_said_as_awx_stores_it(field):
    assert set(field) <= {"id", "type", "label", "help_text", "secret", "multiline", "choices", "format", "default"}
    # AWX adds the type where there is none, and the next run would see a difference.
    assert field["type"] in ("string", "boolean")
    assert field["label"]


def test_13_the_type_knows_no_other_keys():
    assert set(INPUTS) <= {"fields", "required"}
    assert set(INJECTORS) <= {"env", "file", "extra_vars"}


def injected():
    return [(kind, name, text) for kind, entries in INJECTORS.items() for name, text in entries.items()]


@pytest.mark.parametrize(("kind", "name", "text"), injected())
def test_13_an_injector_is_a_text_of_known_fields(kind, name, text):
    assert isinstance(text, str)
    if kind == "env":
        assert re.fullmatch(r"[A-Z_][A-Z0-9_]*", name)
        assert not name.startswith("ANSIBLE_")
    if kind == "file":
        assert re.fullmatch(r"template\.[a-z_]+", name)
    files = {x.partition(".")[2]: "a path" for x in INJECTORS["file"]}
    strict = jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)
    strict.from_string(text).render(**dict.fromkeys(FIELDS, "x"), tower={"filename": files})


def test_13_every_field_is_injected():
    texts = " ".join(text for dummy, dummy, text in injected())
    assert {field for field in FIELDS if not re.search(rf"\b{field}\b", texts)} == set()


def test_13_the_environment_is_that_of_the_modules_and_never_the_tenant():
    known = {name for option in GRAPH.options.values() for name in option.get("fallback", (None, []))[1]}
    assert set(INJECTORS["env"]) <= known
    assert not {"AZURE_TENANT_ID", "AZURE_TENANT"} & set(INJECTORS["env"])


def test_13_secrets_are_secret():
    secret = {field["id"] for field in INPUTS["fields"] if field.get("secret")}
    assert secret == {"client_secret", "certificate", "certificate_password", "refresh_token"}


def test_13_choices_are_what_the_modules_take():
    choices = {field["id"]: set(field["choices"]) for field in INPUTS["fields"] if "choices" in field}
    assert choices["auth_method"] <= set(GRAPH.options["auth_method"]["choices"])


@each_template
def test_14_the_playbook_is_there(template):
    assert (ROOT / template["playbook"]).is_file()


@each_template
def test_14_the_identity_is_there(template):
    assert template["identity"] in VARIABLES["mssp_awx_identities"]


def test_14_the_project_is_synced_before_a_job_template_names_its_playbook():
    assert all(project.arguments["wait"] for project in of_module("project", state="present"))
    order = (ROOT / "extensions" / "awx" / "tasks" / "present.yml").read_text(encoding="utf-8")
    assert order.index("projects.yml") < order.index("job_templates.yml") < order.index("workflows.yml")


def test_16_the_notification_is_the_workflows_and_not_a_slices():
    (template,) = of_module("job_template", state="present")
    assert not [x for x in template.arguments if x.startswith("notification_")]
    workflows = of_module("workflow_job_template", state="present")
    assert all("notification_templates_error" in x.arguments for x in workflows)


def test_17_flags_that_a_controller_adds_up_are_not_aggregated():
    for path in sorted((ROOT / "playbooks").glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        assert text.count("ansible.builtin.set_stats:") == text.count("aggregate: false"), path


# -- the rest ---------------------------------------------------------------------------------------------------------


def test_the_inventorys_sources_are_there():
    for source in VARIABLES["mssp_awx_inventory_sources"]:
        assert (ROOT / source["path"]).is_file(), source
        assert source.get("credential") in (None, *VARIABLES["mssp_awx_identities"])


def test_all_that_is_made_can_be_taken_away():
    made = {x.module for x in configuration.tasks() if x.file not in ("absent.yml", "roles.yml")}
    gone = {x.module for x in configuration.tasks() if x.arguments.get("state") == "absent"}
    # They go with what they belong to.
    assert made - gone == {"inventory_source", "workflow_job_template_node", "schedule"}


def test_every_variable_of_a_task_has_a_default():
    known = set(VARIABLES)
    for path in configuration.files():
        text = path.read_text(encoding="utf-8")
        used = set(re.findall(r"\bmssp_awx_[a-z0-9_]+", text))
        made = set(re.findall(r"^\s+(?:- )?(mssp_awx_[a-z0-9_]+):", text, re.MULTILINE))
        made |= set(re.findall(r"register: (\w+)", text))
        assert used - known - made == set(), path


def test_auditors_may_audit_and_nothing_else():
    team = VARIABLES["mssp_awx_team_auditors"]
    may = {template["playbook"] for template in TEMPLATES if team in template["execute"]}
    assert may == {"playbooks/audit.yml", "playbooks/report.yml", "playbooks/links.yml"}
    assert all(x["job_type"] == "check" and x["identity"] == "audit" for x in TEMPLATES if team in x["execute"])


def test_the_destructive_match_nobody_until_somebody_says_whom():
    for template in TEMPLATES:
        if template["playbook"] in ("playbooks/offboard.yml", "playbooks/cutoff.yml"):
            assert template["limit"] == VARIABLES["mssp_awx_destructive_limit"] != ""
            assert any(x["required"] for x in template["survey"])


def test_slices_decide_nothing_about_the_fleet_where_a_report_does():
    shared = configuration.variables(mssp_awx_reports="/srv/reports")["mssp_awx_job_templates"]
    (audit,) = [x for x in shared if x["playbook"] == "playbooks/audit.yml"]
    assert audit["variables"] == {
        "mssp_report_fail_on": "never",
        "mssp_report_fail_unread": False,
        "mssp_report_evidence": False,
    }
    (alone,) = [x for x in TEMPLATES if x["playbook"] == "playbooks/audit.yml"]
    assert alone["variables"] == {"mssp_report_fail_on": "grave"}


def test_the_execution_environment_has_what_the_collection_needs():
    wanted = yaml.safe_load((ROOT / "meta" / "execution-environment.yml").read_text(encoding="utf-8"))
    assert wanted == {"version": 1, "dependencies": {"python": "requirements.txt", "system": "bindep.txt"}}
    assert all((ROOT / x).is_file() for x in wanted["dependencies"].values())
    image = yaml.safe_load((ROOT / "extensions" / "awx" / "execution-environment.yml").read_text(encoding="utf-8"))
    (collection,), (file,) = image["dependencies"]["galaxy"]["collections"], image["additional_build_files"]
    assert collection["name"] == file["src"].rpartition("/")[2]
