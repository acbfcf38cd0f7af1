-- Lists of many lots are compressed, by lz4: writing them takes less time with it than without. The server's own method takes longer
-- than it saves, so without lz4 they stay as they are.
do $$
begin
  alter table ledger.entries
    alter column taken set compression lz4, alter column taken set storage extended,
    alter column given set compression lz4, alter column given set storage extended;
exception when feature_not_supported then
  raise notice 'this server has no lz4: lists of lots are not compressed';
end
$$;
