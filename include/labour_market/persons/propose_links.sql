-- Add a row for each pair whose state or method has changed: new pairs, pairs that changed class, pairs that no longer agree.
insert into ops.person_link (alias_key, person_key, method, score, state, decided_by, reason)
with sightings as ({sightings}),

latest_links as ({latest_links}),

pairs as (
    select
        weak.person_key as alias_key,
        strong.person_key,
        weak.person_method = 'old_id' and strong.person_method = 'national_id' as is_old_and_new,
        coalesce(bool_and(weak.sex = strong.sex), false) as same_sex,
        coalesce(bool_or(weak.commune_code = strong.commune_code), false) as same_commune
    from sightings as weak
    inner join sightings as strong
        on weak.match_key = strong.match_key
        and array_position({ranks}, weak.person_method) < array_position({ranks}, strong.person_method)
    group by weak.person_key, strong.person_key, weak.person_method, strong.person_method
),

scored_pairs as (
    select
        alias_key,
        person_key,
        case when not same_sex then 'name_birth' when same_commune then 'name_birth_sex_commune' else 'name_birth_sex' end as method,
        case when not same_sex then 0.50 when same_commune then 0.95 else 0.80 end as score,
        is_old_and_new and same_sex and same_commune
        and count(*) filter (where is_old_and_new) over (partition by alias_key) = 1
        and count(*) filter (where is_old_and_new) over (partition by person_key) = 1
        and alias_key not in (select alias_key from latest_links where state = 'confirmed') as is_linked_by_rule
    from pairs
),

next_links as (
    select
        alias_key,
        person_key,
        coalesce(scored_pairs.method, latest_links.method) as method,
        coalesce(scored_pairs.score, latest_links.score) as score,
        case when scored_pairs.method is null then 'withdrawn' when is_linked_by_rule then 'linked' else 'proposed' end as state,
        latest_links.state as previous_state,
        latest_links.method as previous_method
    from scored_pairs
    full join latest_links using (alias_key, person_key)
)

select
    alias_key,
    person_key,
    method,
    score,
    state,
    {rule},
    case state
        when 'linked' then 'old and new number, unique both ways'
        when 'withdrawn' then 'name, birth or number no longer agree'
        else case when previous_state = 'linked' then 'no longer unique' else 'for a steward to decide' end
    end
from next_links
where
    coalesce(previous_state, '') not in ('confirmed', 'refused')
    and (state, method) is distinct from (previous_state, previous_method)
