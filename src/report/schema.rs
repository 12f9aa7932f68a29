//! The description of `results.json`, as a JSON Schema (2020-12) that `diptych schema` prints.

/// The schema; it admits no field that it does not describe.
pub const RESULTS: &str = include_str!("results.schema.json");

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use crate::run::results::{
        Answer, Cell, DataRecord, EstimateRecord, FORMAT, FigureData, Kind, Look, Notice, ResultTable, Results,
        StudyRecord,
    };
    use crate::stats::Estimate;

    /// Checks `value` against the keywords that the schema uses; a keyword that is unknown here is
    /// an error, so that nothing of the schema goes unchecked.
    fn check(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let Value::Object(rules) = schema else { return Err(format!("{at}: the schema is no object")) };
        for (keyword, rule) in rules {
            let fail = |why: String| Err(format!("{at}: {why}"));
            match keyword.as_str() {
                "$schema" | "$id" | "$defs" | "title" | "description" => {}
                "$ref" => {
                    let path = rule.as_str().and_then(|path| path.strip_prefix('#')).unwrap_or("");
                    let target = root.pointer(path).ok_or(format!("{at}: {rule} is nowhere"))?;
                    check(root, target, value, at)?;
                }
                "type" => {
                    let types: Vec<&str> = match rule {
                        Value::String(one) => vec![one],
                        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
                        _ => Vec::new(),
                    };
                    let is = |name: &&str| match *name {
                        "null" => value.is_null(),
                        "boolean" => value.is_boolean(),
                        "integer" => value.is_u64() || value.is_i64(),
                        "number" => value.is_number(),
                        "string" => value.is_string(),
                        "array" => value.is_array(),
                        "object" => value.is_object(),
                        _ => false,
                    };
                    if !types.iter().any(is) {
                        return fail(format!("{value} is not {rule}"));
                    }
                }
                "const" if rule != value => return fail(format!("{value} is not {rule}")),
                "enum" if !rule.as_array().is_some_and(|list| list.contains(value)) => {
                    return fail(format!("{value} is not one of {rule}"));
                }
                "const" | "enum" => {}
                "minimum" => {
                    if value.as_f64().is_some_and(|number| number < rule.as_f64().unwrap_or(f64::NEG_INFINITY)) {
                        return fail(format!("{value} is below {rule}"));
                    }
                }
                "maximum" => {
                    if value.as_f64().is_some_and(|number| number > rule.as_f64().unwrap_or(f64::INFINITY)) {
                        return fail(format!("{value} is above {rule}"));
                    }
                }
                "required" => {
                    for name in rule.as_array().into_iter().flatten().filter_map(Value::as_str) {
                        if value.get(name).is_none() {
                            return fail(format!("`{name}` is absent"));
                        }
                    }
                }
                "properties" | "additionalProperties" => {
                    let none = Map::new();
                    let known = rules.get("properties").and_then(Value::as_object).unwrap_or(&none);
                    for (name, inner) in value.as_object().into_iter().flatten() {
                        match known.get(name) {
                            Some(rule) => check(root, rule, inner, &format!("{at}.{name}"))?,
                            None if rules.get("additionalProperties") == Some(&json!(false)) => {
                                return fail(format!("`{name}` is not described"));
                            }
                            None => {}
                        }
                    }
                }
                "items" => {
                    // Fixed places first, as `prefixItems` has them.
                    let fixed = rules.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                    for (place, inner) in value.as_array().into_iter().flatten().enumerate().skip(fixed) {
                        if rule == &json!(false) {
                            return fail("too many items".to_owned());
                        }
                        check(root, rule, inner, &format!("{at}[{place}]"))?;
                    }
                }
                "prefixItems" => {
                    let inner = value.as_array().into_iter().flatten();
                    for (place, (rule, inner)) in rule.as_array().into_iter().flatten().zip(inner).enumerate() {
                        check(root, rule, inner, &format!("{at}[{place}]"))?;
                    }
                }
                "minItems" => {
                    let least = rule.as_u64().unwrap_or(0) as usize;
                    if value.as_array().is_some_and(|list| list.len() < least) {
                        return fail(format!("fewer than {least} items"));
                    }
                }
                "oneOf" => {
                    let told: Vec<Result<(), String>> =
                        rule.as_array().into_iter().flatten().map(|one| check(root, one, value, at)).collect();
                    if told.iter().filter(|one| one.is_ok()).count() != 1 {
                        return fail(format!("{value} fits not exactly one of {told:?}"));
                    }
                }
                other => return fail(format!("the keyword `{other}` is not checked by this test")),
            }
        }
        Ok(())
    }

    fn conforms(results: &Value) -> Result<(), String> {
        let schema: Value = serde_json::from_str(super::RESULTS).map_err(|error| error.to_string())?;
        check(&schema, &schema, results, "results")
    }

    /// Results in which every field and every kind of cell occurs.
    fn full() -> Results {
        let estimate = Estimate::new("AUC", 0.7, 80, "DeLong").within(0.6, 0.8, 0.95).with_events(Some(30));
        let mut table = ResultTable::new("t", "T", ["a", "b"]);
        for cell in [
            Cell::Empty,
            Cell::text("x"),
            Cell::count(3),
            Cell::number(1.5, 2),
            Cell::count_of(1, 3),
            Cell::P(0.01),
            Cell::Estimate { value: 1.0, lower: None, upper: Some(2.0), digits: 2 },
            Cell::NotReached { lower: Some(1.5), digits: 1 },
            Cell::NotEstimable("no events".to_owned()),
        ] {
            table.push([Cell::text("row"), cell]);
        }
        Results {
            format: FORMAT,
            study: StudyRecord {
                name: "S".to_owned(),
                documentation: String::new(),
                seed: u64::MAX,
                level: 0.95,
                resamples: 1000,
                report: vec!["STROBE".to_owned()],
                version: "0".to_owned(),
            },
            data: vec![DataRecord {
                table: "t".to_owned(),
                path: None,
                rows: 1,
                columns: 1,
                patients: 1,
                hash: "ab".to_owned(),
                notes: vec![],
            }],
            answers: vec![Answer {
                declaration: "evaluate M".to_owned(),
                tables: vec![table],
                estimates: vec![
                    EstimateRecord::new(&estimate, Kind::OutOfFold).of("M", "train").at(Some("6 months")),
                    EstimateRecord::new(&Estimate::not_estimable("AUC", 0, "nobody"), Kind::External),
                ],
                figures: vec![FigureData { kind: "roc".to_owned(), title: "R".to_owned(), data: json!({ "a": [1] }) }],
                notes: vec!["note".to_owned()],
                defaults: vec![("ties".to_owned(), "Efron".to_owned())],
                accepted: vec![("leak::x".to_owned(), "why".to_owned())],
                ..Answer::default()
            }],
            notices: vec![Notice { declaration: "d".to_owned(), code: "c".to_owned(), message: "m".to_owned() }],
            looks: vec![Look { part: "external".to_owned(), declaration: "d".to_owned() }],
        }
    }

    #[test]
    fn results_conform_to_the_schema() {
        conforms(&serde_json::to_value(full()).unwrap()).unwrap();
    }

    #[test]
    fn results_of_a_run_conform_to_the_schema() {
        let results = &super::super::tests::finished().report.results;
        conforms(&serde_json::from_str(&results.json()).unwrap()).unwrap();
    }

    #[test]
    fn the_schema_refuses_what_it_does_not_describe() {
        let sound = serde_json::to_value(full()).unwrap();
        for (pointer, value) in [
            ("/format", json!("1")),
            ("/answers/0/estimates/0/kind", json!("validated")),
            ("/answers/0/estimates/0/n", json!(-1)),
            ("/answers/0/tables/0/rows/0/1", json!({ "percent": 3 })),
            ("/looks/0", json!({ "part": "external" })),
            ("/study/level", json!(95)),
            ("/notices/0", json!({ "declaration": "d", "code": "c", "message": "m", "more": 1 })),
        ] {
            let mut wrong = sound.clone();
            *wrong.pointer_mut(pointer).unwrap() = value;
            assert!(conforms(&wrong).is_err(), "{pointer}");
        }
    }
}
