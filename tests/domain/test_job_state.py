"""The provider's ten states: what ends, what may follow, what may have output."""

from shotlog.domain.job_state import TRANSITIONS, JobStatus, ProviderState


def test_r14_exactly_five_states_are_terminal():
    assert {state for state in ProviderState if state.terminal} == {
        ProviderState.COMPLETED,
        ProviderState.PARTIALLY_COMPLETED,
        ProviderState.FAILED,
        ProviderState.STOPPED,
        ProviderState.EXPIRED,
    }


def test_r13_every_state_is_in_the_table_and_reachable():
    assert set(TRANSITIONS) == set(ProviderState)
    assert all(ProviderState.SUBMITTED.can_become(state) for state in ProviderState)


def test_r13_nothing_goes_backwards():
    for early in ProviderState:
        for late in ProviderState:
            if early is not late:
                assert not (early.can_become(late) and late.can_become(early)), (early, late)


def test_states_that_were_missed_between_two_looks_are_no_surprise():
    assert ProviderState.SUBMITTED.can_become(ProviderState.COMPLETED)
    assert not ProviderState.COMPLETED.can_become(ProviderState.IN_PROGRESS)


def test_r21_every_terminal_state_may_have_output_and_no_other_is_read():
    assert {state for state in ProviderState if state.may_have_output} == {
        state for state in ProviderState if state.terminal
    }


def test_r9_a_slot_is_held_until_the_end():
    assert all(state.holds_a_slot != state.terminal for state in ProviderState)


def test_r33_the_job_id_names_the_output_folder():
    status = JobStatus(
        arn="arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghijkl",
        name="n",
        model_id="m",
        state=ProviderState.SUBMITTED,
        input_uri="s3://b/i/",
        output_uri="s3://b/o/",
    )
    assert status.job_id == "abcdefghijkl"
