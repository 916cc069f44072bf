//! stub
#[derive(Debug)]
pub struct Data {
    columns: Vec<String>,
    values: Vec<f64>,
}
impl Data {
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
    pub fn len(&self) -> usize {
        self.values.len() / self.columns.len()
    }
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks(self.columns.len())
    }
    pub fn from_rows(columns: &[impl AsRef<str>], rows: &[impl AsRef<[f64]>]) -> Result<Data, String> {
        Ok(Self {
            columns: columns.iter().map(|c| c.as_ref().to_owned()).collect(),
            values: rows.iter().flat_map(|r| r.as_ref().to_vec()).collect(),
        })
    }
}
