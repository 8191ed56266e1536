//! A story's text: commands, what they print, and the notes between them.

use super::world::World;

/// Plays the commands of a story, and writes the story as it went.
///
/// A line that starts with `> ` is a command, the lines after it are its output, a blank line or a note (`#`) ends it.
pub async fn play(name: &str, text: &str) -> String {
    let mut world = World::new();
    let mut told = String::new();
    let mut is_output = false;
    for (index, line) in text.lines().enumerate() {
        let command = line.strip_prefix("> ");
        is_output = command.is_some() || (is_output && !line.trim().is_empty() && !line.starts_with('#'));
        if is_output && command.is_none() {
            continue;
        }
        told.push_str(line);
        told.push('\n');
        let Some(command) = command else { continue };
        let output = match world.carry_out(command).await {
            Ok(output) => output,
            Err(mistake) => panic!("{name}.txt, line {}: {mistake}\n  {line}", index + 1),
        };
        for line in output {
            told.push_str(&line);
            told.push('\n');
        }
    }
    told
}

/// The lines of two texts side by side: `-` stands in the first only, `+` in the second only.
pub fn difference(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    // common[i][j] is how many lines the rests from i and j have in common.
    let mut common = vec![vec![0; after.len() + 1]; before.len() + 1];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            common[i][j] =
                if before[i] == after[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i] == after[j] {
            lines.push(format!("  {}", before[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == after.len() || (i < before.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(format!("- {}", before[i]));
            i += 1;
        } else {
            lines.push(format!("+ {}", after[j]));
            j += 1;
        }
    }
    lines.join("\n")
}
