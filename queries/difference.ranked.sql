-- one row per key and category of its values, the key that differs most first
with marked as not materialized (
    -- the condition is null for spans that do not match; of the others it says whether they are
    -- selected
    select
        -- a long text is told apart by its hash, so that many of them fit into memory
        * replace (
            if(strlen(name) > $longest, left(name, $longest) || chr(0) || hash(name), name) as name,
            if(
                strlen(status_message) > $longest,
                left(status_message, $longest) || chr(0) || hash(status_message),
                status_message
            ) as status_message,
            if(
                strlen(exception_message) > $longest,
                left(exception_message, $longest) || chr(0) || hash(exception_message),
                exception_message
            ) as exception_message,
            if(
                strlen(data_value) > $longest,
                left(data_value, $longest) || chr(0) || hash(data_value),
                data_value
            ) as data_value
        ),
        $condition as selected
    from listed($spans, $since, $until)
),
sides as (
    select
        count(*) filter (where selected) as all_chosen,
        count(*) filter (where not selected) as all_rest
    from marked
),
columned as (
    select
        case
            when grouping(service_name) = 0 then 'service'
            when grouping(process_group) = 0 then 'group'
            when grouping(name) = 0 then 'name'
            when grouping(kind) = 0 then 'kind'
            when grouping(status) = 0 then 'status'
            when grouping(status_message) = 0 then 'message'
            when grouping(exception_type) = 0 then 'exception'
            when grouping(exception_message) = 0 then 'exception.message'
            when grouping(subsystem) = 0 then 'subsystem'
            when grouping(agent_name) = 0 then 'agent'
            when grouping(agent_id) = 0 then 'agent.id'
            when grouping(fleet) = 0 then 'fleet'
            when grouping(task_id) = 0 then 'task'
            when grouping(task_run_id) = 0 then 'run'
            when grouping(session_id) = 0 then 'session'
            when grouping(user_id) = 0 then 'user'
            when grouping(operation) = 0 then 'operation'
            when grouping(model) = 0 then 'model'
            when grouping(provider) = 0 then 'provider'
            when grouping(data_name) = 0 then 'data'
            when grouping(data_type) = 0 then 'data.type'
            when grouping(data_value) = 0 then 'data.value'
            when grouping(code_function) = 0 then 'function'
            when grouping(code_file) = 0 then 'file'
            when grouping(code_revision) = 0 then 'revision'
            when grouping(service_version) = 0 then 'version'
            when grouping(scope_name) = 0 then 'scope'
            when grouping(http_route) = 0 then 'http.route'
            when grouping(org_id) = 0 then 'org'
            when grouping(input_tokens) = 0 then 'tokens.input'
            when grouping(output_tokens) = 0 then 'tokens.output'
            when grouping(cached_tokens) = 0 then 'tokens.cached'
            when grouping(cost_usd) = 0 then 'cost'
            when grouping(ttft_ms) = 0 then 'ttft'
            when grouping(code_line) = 0 then 'line'
            when grouping(memory_delta_bytes) = 0 then 'memory'
            when grouping(http_status) = 0 then 'http.status'
        end as key,
        coalesce(
            service_name, process_group, name, kind,
            status, status_message, exception_type, exception_message,
            subsystem, agent_name, agent_id, fleet,
            task_id, task_run_id, session_id, user_id,
            operation, model, provider, data_name,
            data_type, data_value, code_function, code_file,
            code_revision, service_version, scope_name, http_route,
            org_id,
            cast(input_tokens as varchar), cast(output_tokens as varchar),
            cast(cached_tokens as varchar), cast(cost_usd as varchar), cast(ttft_ms as varchar),
            cast(code_line as varchar), cast(memory_delta_bytes as varchar),
            cast(http_status as varchar)
        ) as value,
        count(*) filter (where selected) as chosen,
        count(*) filter (where not selected) as rest
    from marked
    where selected is not null
    group by grouping sets (
        (service_name), (process_group), (name), (kind), (status),
        (status_message), (exception_type), (exception_message), (subsystem), (agent_name),
        (agent_id), (fleet), (task_id), (task_run_id), (session_id),
        (user_id), (operation), (model), (provider), (data_name),
        (data_type), (data_value), (code_function), (code_file), (code_revision),
        (service_version), (scope_name), (http_route), (org_id), (input_tokens),
        (output_tokens), (cached_tokens), (cost_usd), (ttft_ms), (code_line),
        (memory_delta_bytes), (http_status)
    )
),
attributed as (
    select
        key,
        if(
            strlen(whole) > $longest,
            left(whole, $longest) || chr(0) || hash(whole),
            whole
        ) as value,
        count(*) filter (where selected) as chosen,
        count(*) as spans
    from (
        select
            selected,
            unnest(map_keys(attributes)) as key,
            unnest(map_values(attributes)) as whole
        from marked
        where selected is not null
    )
    group by key, value
),
described as (
    select key, value, sum(chosen) as chosen, sum(spans) as spans
    from (
        -- spans of one process share their resource, so that few are taken apart
        select
            unnest(map_keys(resource)) as key,
            unnest(map_values(resource)) as value,
            chosen,
            spans
        from (
            select resource, count(*) filter (where selected) as chosen, count(*) as spans
            from marked
            where selected is not null
            group by resource
        )
    )
    group by key, value
),
measured as (
    -- one step in a hundred of each factor of ten is as good as the duration, and much less to sort
    select
        'duration' as key,
        floor(100 * log10(greatest(duration_ns, 1))) as number,
        min(duration_ns) as low,
        max(duration_ns) as high,
        count(*) filter (where selected) as chosen,
        count(*) filter (where not selected) as rest
    from marked
    where selected is not null and duration_ns is not null
    group by number
    union all
    select
        'start',
        (position - $origin_us) // $step_us as number,
        min(position),
        max(position),
        count(*) filter (where selected),
        count(*) filter (where not selected)
    from marked
    where selected is not null
    group by number
),
texts as (
    select 'field' as place, key, value, chosen, rest from columned where value is not null
    union all
    select 'attributes', key, value, chosen, spans - chosen from attributed
    union all
    select 'resource', key, value, chosen, spans - chosen from described
),
typed as (
    select
        *,
        -- text in quotation marks is no number, whatever it says; nor are columns of text
        case
            when place != 'field' or key in (
                'tokens.input', 'tokens.output', 'tokens.cached', 'cost', 'ttft', 'line',
                'memory', 'http.status'
            )
            then try_cast(value as double)
        end as number
    from texts
),
keys as (
    select place, key, count(*) > $many and count(number) = count(*) as numeric
    from typed
    group by place, key
),
numbers as (
    select place, key, number, number as low, number as high, chosen, rest
    from typed
    join keys using (place, key)
    where numeric
    union all
    select 'field', key, number, low, high, chosen, rest from measured
),
binned as (
    select
        *,
        -- each value lies in one bin, so bins are as equal as the values allow
        floor(
            $bins * (
                sum(chosen + rest) over (
                    partition by place, key
                    order by number
                    rows unbounded preceding
                )
                - (chosen + rest) / 2.0
            ) / sum(chosen + rest) over (partition by place, key)
        ) as bin
    from numbers
),
judged as (
    select
        *,
        -- a value stands for itself when enough spans of a side have it
        (chosen >= $few and chosen >= $least * all_chosen)
        or (rest >= $few and rest >= $least * all_rest) as stands
    from typed
    join keys using (place, key)
    cross join sides
    where not numeric
),
present as (
    select
        place,
        key,
        'range' as category,
        null as value,
        min(low) as low,
        max(high) as high,
        count(*) as known,
        sum(chosen) as chosen,
        sum(rest) as rest
    from binned
    group by place, key, bin
    union all
    select place, key, 'value', value, null, null, 1, chosen, rest
    from judged
    where stands
    union all
    select place, key, 'others', null, null, null, count(*), sum(chosen), sum(rest)
    from judged
    where not stands
    group by place, key
),
categories as (
    select * from present
    union all
    select
        place,
        key,
        'missing',
        null,
        null,
        null,
        0,
        any_value(all_chosen) - sum(chosen) as chosen_without,
        any_value(all_rest) - sum(rest) as rest_without
    from present
    cross join sides
    group by place, key
    having chosen_without > 0 or rest_without > 0
),
shares as (
    select
        categories.*,
        all_chosen,
        all_rest,
        chosen / all_chosen as p,
        rest / all_rest as q,
        (p + q) / 2 as mean
    from categories
    cross join sides
),
scores as (
    select
        place,
        key,
        -- Jensen-Shannon divergence in bits, less what chance alone would give that many categories
        greatest(
            0,
            sum(if(p > 0, p * log2(p / mean), 0) + if(q > 0, q * log2(q / mean), 0)) / 2
            - (count(*) - 1) * (1 / any_value(all_chosen) + 1 / any_value(all_rest)) / (8 * ln(2))
        ) as score,
        count(*) over () as all_keys
    from shares
    group by place, key
    order by score desc, place, key
    limit $top
)
select
    place,
    key,
    score,
    all_keys,
    category,
    value,
    low,
    high,
    known,
    cast(chosen as bigint) as chosen,
    cast(rest as bigint) as rest
from shares
join scores using (place, key)
order by
    score desc,
    place,
    key,
    abs(p - q) desc,
    category,
    low,
    value
