-- What the longer questions need besides ``files.sql``: outcomes that something goes with, more
-- than four of them, and attributes.

-- The statistics of an outcome with what goes with it: the denominator of a ratio, or the same
-- metric before.
CREATE OR REPLACE MACRO summed_beside(form, flag, value, beside) AS
    CASE WHEN form IN ('paired flag', 'paired amount') THEN struct_pack(
             n_read := count(value), n_nonzero := sum(CAST(value <> 0 AS TINYINT)),
             bits := CASE WHEN form = 'paired flag' THEN bit_or(flag) END,
             mean := avg(coalesce(value, 0e0)), variance := var_samp(coalesce(value, 0e0)),
             n_beside := count(beside), mean_beside := avg(coalesce(beside, 0e0)),
             variance_beside := var_samp(coalesce(beside, 0e0)),
             covariance := covar_samp(coalesce(value, 0e0), coalesce(beside, 0e0))) END;

-- The level of an attribute: the third that its number lies in, told by the largest number of the
-- first and of the second third; or the cell as it is, if it is one of the levels that are kept.
CREATE OR REPLACE MACRO level_of(cell, kept, low, middle) AS
    CASE WHEN low IS NOT NULL THEN
             CASE WHEN amount(cell) <= low THEN 'lowest'
                  WHEN amount(cell) <= middle THEN 'middle'
                  WHEN amount(cell) IS NOT NULL THEN 'highest' END
         WHEN CAST(kept AS VARCHAR[]) IS NULL THEN CAST(cell AS VARCHAR)
         WHEN list_contains(CAST(kept AS VARCHAR[]), coalesce(CAST(cell AS VARCHAR), 'not known'))
             THEN CAST(cell AS VARCHAR)
         ELSE '(all others)' END;

-- Everybody in a file: the arm, the segment and what is in the eight slots of outcomes, of what
-- goes with them and of attributes.  A free slot names any column, and is never read.
CREATE OR REPLACE MACRO people(path, arm, segment, forms, outcomes, caps, beside, levels, kept, low, middle)
AS TABLE
SELECT cells.arm AS arm, cells.segment AS segment,
       flag(outcome_1) AS flag_1, flag(outcome_2) AS flag_2, flag(outcome_3) AS flag_3,
       flag(outcome_4) AS flag_4, flag(outcome_5) AS flag_5, flag(outcome_6) AS flag_6,
       flag(outcome_7) AS flag_7, flag(outcome_8) AS flag_8,
       outcome(forms[1], outcome_1, caps[1]) AS value_1,
       outcome(forms[2], outcome_2, caps[2]) AS value_2,
       outcome(forms[3], outcome_3, caps[3]) AS value_3,
       outcome(forms[4], outcome_4, caps[4]) AS value_4,
       outcome(forms[5], outcome_5, caps[5]) AS value_5,
       outcome(forms[6], outcome_6, caps[6]) AS value_6,
       outcome(forms[7], outcome_7, caps[7]) AS value_7,
       outcome(forms[8], outcome_8, caps[8]) AS value_8,
       number_beside(side_1) AS beside_1, number_beside(side_2) AS beside_2,
       number_beside(side_3) AS beside_3, number_beside(side_4) AS beside_4,
       number_beside(side_5) AS beside_5, number_beside(side_6) AS beside_6,
       number_beside(side_7) AS beside_7, number_beside(side_8) AS beside_8,
       level_of(cell_1, kept[1], low[1], middle[1]) AS level_1,
       level_of(cell_2, kept[2], low[2], middle[2]) AS level_2,
       level_of(cell_3, kept[3], low[3], middle[3]) AS level_3,
       level_of(cell_4, kept[4], low[4], middle[4]) AS level_4,
       level_of(cell_5, kept[5], low[5], middle[5]) AS level_5,
       level_of(cell_6, kept[6], low[6], middle[6]) AS level_6,
       level_of(cell_7, kept[7], low[7], middle[7]) AS level_7,
       level_of(cell_8, kept[8], low[8], middle[8]) AS level_8
FROM (
    SELECT CAST(struct_extract("the row", arm) AS VARCHAR) AS arm,
           CASE WHEN segment IS NOT NULL
                THEN CAST(struct_extract("the row", coalesce(segment, arm)) AS VARCHAR)
                END AS segment,
           struct_extract("the row", outcomes[1]) AS outcome_1,
           struct_extract("the row", outcomes[2]) AS outcome_2,
           struct_extract("the row", outcomes[3]) AS outcome_3,
           struct_extract("the row", outcomes[4]) AS outcome_4,
           struct_extract("the row", outcomes[5]) AS outcome_5,
           struct_extract("the row", outcomes[6]) AS outcome_6,
           struct_extract("the row", outcomes[7]) AS outcome_7,
           struct_extract("the row", outcomes[8]) AS outcome_8,
           struct_extract("the row", beside[1]) AS side_1,
           struct_extract("the row", beside[2]) AS side_2,
           struct_extract("the row", beside[3]) AS side_3,
           struct_extract("the row", beside[4]) AS side_4,
           struct_extract("the row", beside[5]) AS side_5,
           struct_extract("the row", beside[6]) AS side_6,
           struct_extract("the row", beside[7]) AS side_7,
           struct_extract("the row", beside[8]) AS side_8,
           struct_extract("the row", levels[1]) AS cell_1,
           struct_extract("the row", levels[2]) AS cell_2,
           struct_extract("the row", levels[3]) AS cell_3,
           struct_extract("the row", levels[4]) AS cell_4,
           struct_extract("the row", levels[5]) AS cell_5,
           struct_extract("the row", levels[6]) AS cell_6,
           struct_extract("the row", levels[7]) AS cell_7,
           struct_extract("the row", levels[8]) AS cell_8
    FROM uploaded(path) AS "the row"
) AS cells;
