-- name: acquire_node
-- The number that has been free the longest, so that one is not used again soon. Times are the database's, since the clocks of two
-- processes may differ.
update snowflake.node_leases
set holder = gen_random_uuid(), expires_at = clock_timestamp() + make_interval(secs => $1::bigint)
where node = (
  select node from snowflake.node_leases
  where expires_at < clock_timestamp()
  order by expires_at, node
  limit 1
  for update skip locked)
returning node, holder::text

-- name: renew_node
update snowflake.node_leases
set expires_at = clock_timestamp() + make_interval(secs => $3::bigint)
where node = $1::integer and holder = $2::uuid and expires_at > clock_timestamp()
returning node

-- name: release_node
update snowflake.node_leases set expires_at = clock_timestamp()
where node = $1::integer and holder = $2::uuid
