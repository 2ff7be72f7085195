-- What a foreign file is read with.  Macros and not tables: their arguments are constants of the
-- statement, so the engine leaves out whatever a file or a metric does not have.  The longer
-- questions have theirs in ``files_wide.sql``: a short text is planned sooner.

-- A cell as a number; NULL where it is none, or none that can be reckoned with.
CREATE MACRO finite(number) AS CASE WHEN isfinite(number) THEN number END;
CREATE MACRO amount(cell) AS
    CASE WHEN typeof(cell) = 'VARCHAR'
         THEN finite(TRY_CAST(trim(CAST(cell AS VARCHAR)) AS DOUBLE))
         ELSE TRY_CAST(cell AS DOUBLE) END;

-- A cell as 0 or 1.  Whole numbers pass as they are, and ``summed`` finds what is neither.
-- Word by word and not IN: of a long IN the engine makes a join, for every slot.
CREATE MACRO flag_word(word) AS
    CASE word WHEN '1' THEN 1 WHEN '1.0' THEN 1 WHEN 'true' THEN 1 WHEN 'yes' THEN 1
              WHEN 't' THEN 1 WHEN 'y' THEN 1
              WHEN '0' THEN 0 WHEN '0.0' THEN 0 WHEN 'false' THEN 0 WHEN 'no' THEN 0
              WHEN 'f' THEN 0 WHEN 'n' THEN 0 END;
CREATE MACRO flag(cell) AS
    CASE WHEN typeof(cell) = 'BOOLEAN' OR typeof(cell) LIKE '%INT' OR typeof(cell) = 'INTEGER'
         THEN TRY_CAST(cell AS INTEGER)
         WHEN typeof(cell) = 'VARCHAR' THEN flag_word(lower(trim(CAST(cell AS VARCHAR))))
         WHEN TRY_CAST(cell AS DOUBLE) = 0 THEN 0
         WHEN TRY_CAST(cell AS DOUBLE) = 1 THEN 1 END;

-- One outcome of a customer as a number; ``form`` is flag or amount, paired or not, and none for
-- a free slot.
CREATE MACRO outcome(form, cell, cap) AS
    CASE WHEN form = 'paired flag' THEN CAST(flag(cell) AS DOUBLE)
         WHEN cap IS NOT NULL THEN least(amount(cell), cap)
         ELSE amount(cell) END;

-- What goes with an outcome, as a number: also where it is written as yes or no.
CREATE MACRO number_beside(cell) AS
    CASE WHEN typeof(cell) = 'VARCHAR'
         THEN coalesce(amount(cell), flag_word(lower(trim(CAST(cell AS VARCHAR)))))
         ELSE amount(cell) END;

-- The sufficient statistics of one outcome, missing ones counted as 0.  ``bits`` is 0 or 1 exactly
-- where every flag is.
CREATE MACRO summed(form, flag, value) AS
    CASE form
         WHEN 'flag' THEN struct_pack(
             n_read := count(flag), n_nonzero := sum(flag), bits := bit_or(flag),
             mean := NULL, variance := NULL)
         WHEN 'amount' THEN struct_pack(
             n_read := count(value), n_nonzero := sum(CAST(value <> 0 AS TINYINT)), bits := NULL,
             mean := avg(coalesce(value, 0e0)), variance := var_samp(coalesce(value, 0e0))) END;

-- Everybody in a file: the arm, the segment and at most four outcomes that stand alone.  A free
-- slot names any column, and is never read.
CREATE MACRO few_outcomes(path, arm, segment, forms, outcomes, caps)
AS TABLE
SELECT cells.arm AS arm, cells.segment AS segment,
       flag(outcome_1) AS flag_1, flag(outcome_2) AS flag_2, flag(outcome_3) AS flag_3,
       flag(outcome_4) AS flag_4,
       outcome(forms[1], outcome_1, caps[1]) AS value_1,
       outcome(forms[2], outcome_2, caps[2]) AS value_2,
       outcome(forms[3], outcome_3, caps[3]) AS value_3,
       outcome(forms[4], outcome_4, caps[4]) AS value_4
FROM (
    SELECT CAST(struct_extract("the row", arm) AS VARCHAR) AS arm,
           CASE WHEN segment IS NOT NULL
                THEN CAST(struct_extract("the row", coalesce(segment, arm)) AS VARCHAR)
                END AS segment,
           struct_extract("the row", outcomes[1]) AS outcome_1,
           struct_extract("the row", outcomes[2]) AS outcome_2,
           struct_extract("the row", outcomes[3]) AS outcome_3,
           struct_extract("the row", outcomes[4]) AS outcome_4
    FROM uploaded(path) AS "the row"
) AS cells;
